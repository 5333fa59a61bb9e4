import { describe, expect, it } from "vitest";
import { ParityError } from "../../../src/errors.js";
import { renderJson, renderJsonObject } from "../../../src/report/json.js";
import type { NamedShard } from "../../../src/report/merge/check-shards.js";
import { joinShards } from "../../../src/report/merge/join-shards.js";
import { parseShard } from "../../../src/report/shard/parse-shard.js";
import type { ShardFile } from "../../../src/report/shard/types.js";
import { goodResult } from "../../helpers/sample-result.js";

const HASH = "0".repeat(64);
const KEYS = [
  { model: "gpt2", case: "c0", shard: 1 },
  { model: "gpt2", case: "c1", shard: 2 },
  { model: "gpt2", case: "c2", shard: 1 },
];

const NO_POLICY = { levels: [], waivers: [], baseline: null, coverage: null };

/** The sample's cases over three shards, of which the third has none. */
function shard(index: number, changes: Partial<ShardFile> = {}): NamedShard {
  const own = KEYS.filter((key) => key.shard === index).map((key) => key.case);
  const result = { ...goodResult(2), cases: goodResult(2).cases.filter((one) => own.includes(one.id)) };
  return {
    file: `shard-${index}-of-3.json`,
    shard: {
      schemaVersion: 1,
      kind: "parity-shard",
      parityVersion: "0.1.0",
      shard: { index, count: 3 },
      name: "gpt2",
      several: false,
      seed: [0],
      fingerprint: { config: HASH, reference: HASH, candidate: HASH, inputs: HASH },
      keys: KEYS,
      models: own.length === 0 ? [] : [{ name: "gpt2", result, error: null, policy: NO_POLICY }],
      ...changes,
    },
  };
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ParityError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error("was accepted");
}

describe("shards are merged", () => {
  it("in any order, one without a case counted in", () => {
    const [joined] = joinShards([shard(3), shard(2), shard(1)]);
    expect(joined && "result" in joined ? joined.result.cases.map((one) => one.id) : null).toEqual(["c0", "c1", "c2"]);
  });

  it("to could-not-judge when one could not be run, with what the others found", () => {
    const error = { code: "CANDIDATE_RAISED", message: "it raised", hint: null };
    const [joined] = joinShards([
      shard(1),
      shard(2, { models: [{ name: "gpt2", result: null, error, policy: NO_POLICY }] }),
      shard(3),
    ]);
    if (joined === undefined || !("result" in joined)) throw new Error("no result");
    expect(joined.result).toMatchObject({ verdict: "inconclusive", exitCode: 2 });
    expect(joined.result.reason).toBe("shard 2/3 could not be run: it raised");
  });
});

describe("shards are refused, with what does not fit and where,", () => {
  it("when one is missing or there twice", () => {
    expect(refusal(() => joinShards([shard(1), shard(3)]))).toBe("USAGE A shard is missing: 2 of 3.");
    expect(refusal(() => joinShards([shard(1), shard(2), { ...shard(2), file: "copy.json" }, shard(3)]))).toMatch(
      /Shard 2 of 3 is there twice: shard-2-of-3\.json and copy\.json/,
    );
    expect(refusal(() => joinShards([]))).toMatch(/^USAGE There is no shard/);
  });

  it("when they are of other runs: number, seed, configuration, models, inputs", () => {
    const other = (changes: Partial<ShardFile>) => refusal(() => joinShards([shard(1), shard(2, changes), shard(3)]));
    const print = (key: string) => ({ fingerprint: { ...shard(1).shard.fingerprint, [key]: "1".repeat(64) } });
    expect(other({ shard: { index: 2, count: 4 } })).toMatch(/are shards of 3 and 4/);
    expect(other({ seed: [7] })).toMatch(/have the seeds 0 and 7/);
    expect(other(print("config"))).toMatch(/shard-2-of-3\.json was made with another configuration than shard-1/);
    expect(other(print("reference"))).toMatch(/another original/);
    expect(other(print("candidate"))).toMatch(/another port/);
    expect(other(print("inputs"))).toMatch(/other inputs/);
  });

  it("when a case that is a shard's own is not in it: the gate would have a hole", () => {
    expect(refusal(() => joinShards([shard(1), shard(2, { models: [] }), shard(3)]))).toMatch(/lacks case c1 of gpt2/);
  });

  it("when another parity or another schema wrote it, when it is cut off, when it is something else", () => {
    const text = renderJsonObject(shard(1).shard);
    expect(parseShard(text, "a.json", "0.1.0")).toEqual(shard(1).shard);
    expect(refusal(() => parseShard(text, "a.json", "0.2.0"))).toMatch(
      /^FORMAT_UNSUPPORTED a\.json was written by parity 0\.1\.0 .* this is parity 0\.2\.0/,
    );
    expect(
      refusal(() => parseShard(text.replace('"schemaVersion": 1', '"schemaVersion": 9'), "a.json", "0.1.0")),
    ).toMatch(/schema version 9/);
    expect(refusal(() => parseShard(text.slice(0, 500), "a.json", "0.1.0"))).toMatch(
      /^FORMAT_INVALID a\.json is not JSON/,
    );
    expect(refusal(() => parseShard(renderJson(goodResult()), "report.json", "0.1.0"))).toMatch(
      /is no shard of a check/,
    );
  });
});
