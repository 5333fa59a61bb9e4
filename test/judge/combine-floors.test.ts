import { describe, expect, it } from "vitest";
import { combineFloors, type Movement } from "../../src/judge/combine-floors.js";

const moved = (from: Movement["from"], rms: number, relative = rms): Movement => ({
  from,
  rms,
  max: 4 * rms,
  relative,
});

describe("the noise floor of a tensor", () => {
  it("is the furthest that any disturbance moved it", () => {
    const found = combineFloors([moved("float64", 2e-7), moved("permuted-reductions", 3e-7), moved("jitter", 1e-7)]);
    expect(found).toEqual({ floor: { rms: 3e-7, max: 12e-7, from: "permuted-reductions" }, strange: false });
  });

  it("takes a run in float64 for rounding however much is lost, where the other runs lose something, too", () => {
    const found = combineFloors([moved("float64", 0.3), moved("permuted-reductions", 1e-7), moved("jitter", 0.05)]);
    expect(found).toMatchObject({ floor: { from: "float64", rms: 0.3 }, strange: false });
  });

  it("does not hide a fault behind a run in float64 that draws other random numbers", () => {
    const found = combineFloors([moved("float64", 0.3), moved("permuted-reductions", 1e-7), moved("jitter", 2e-7)]);
    expect(found).toMatchObject({ floor: { from: "jitter", rms: 2e-7 }, strange: true });
  });

  it("believes float64 where it alone loses a few digits: a table of angles computed inside of the layer", () => {
    const found = combineFloors([moved("float64", 1e-4), moved("permuted-reductions", 0), moved("jitter", 0)]);
    expect(found).toMatchObject({ floor: { from: "float64", rms: 1e-4 }, strange: false });
  });

  it("is not known where nothing could be measured, and float64 alone is better than nothing", () => {
    expect(combineFloors([])).toBeNull();
    expect(combineFloors([moved("float64", 0.3)])).toMatchObject({ floor: { rms: 0.3 }, strange: false });
  });
});
