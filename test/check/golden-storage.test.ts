import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { readTensor } from "../../src/formats/read-tensor.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import { widen } from "../../src/runners/golden/narrow.js";
import { changeManifest, checkGolden, copyGolden, faulty, recordTiny } from "../helpers/golden.js";
import { newFolder } from "../helpers/run-cli.js";

// A whole check each, and recordings: seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const folder = newFolder();
/** One case, all of whose hidden states are narrowed: there are no inner tensors that would keep it in full. */
const inputs = { texts: ["Half of the bits."] };

describe.each(["float16", "bfloat16"] as const)("hidden states stored in %s", (storage) => {
  const golden = join(folder, storage);

  beforeAll(async () => {
    await recordTiny(golden, { storage, inner: "none", double: "none" }, inputs);
  });

  it("take half the space, and outputs keep all their bits", () => {
    const file = openSafetensors(join(golden, "c0.safetensors"));
    const dtypes = new Map<string, number>();
    for (const { dtype } of file.tensors.values()) dtypes.set(dtype, (dtypes.get(dtype) ?? 0) + 1);
    file.close();
    expect(dtypes.get(storage)).toBeGreaterThan(60);
    expect(dtypes.get("float32")).toBeLessThan(5);
  });

  it("leave a right port at parity, by a floor that knows what was rounded off, and say how much that is", async () => {
    const result = await checkGolden(golden, inputs);
    expect(
      result.verdict,
      JSON.stringify(result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => [pair.id, pair.noise])),
    ).toBe("parity");
    // Every pair: none is taken for another tensor because it was rounded.
    expect(result.pairs.filter((pair) => pair.verdict === "not-compared")).toEqual([]);
    expect(result.pairs.length).toBe(40);
    expect(result.pairs.filter((pair) => pair.noise?.floor.from === "storage").length).toBeGreaterThan(20);
    expect(result.summary.notCovered.join()).toMatch(new RegExp(`what ${storage} rounded off .* noise floor`));
  });

  it("do not hide a fault that is larger than that", async () => {
    const result = await checkGolden(golden, { ...inputs, candidate: faulty("untransposed_c_proj") });
    expect(result.verdict).toBe("mismatch");
    expect(result.findings).toMatchObject([{ status: "confirmed", cause: "transposed-weight" }]);
  });
});

describe("a golden that does not say that it was rounded", () => {
  it("is a false alarm: the floor is needed", async () => {
    const blind = copyGolden(join(folder, "float16"), join(folder, "blind"));
    const path = join(blind, "c0.safetensors");
    const file = openSafetensors(path);
    const wide = [...file.tensors.values()].map(({ name, shape, dtype, ...tensor }) => {
      const bytes = readTensor({ name, shape, dtype, ...tensor });
      if (dtype !== "float16") return { name, shape, dtype, data: bytes };
      const values = widen(new Uint16Array(bytes.buffer), "float16");
      return { name, shape, dtype: "float32" as const, data: new Uint8Array(values.buffer) };
    });
    file.close();
    writeSafetensors(path, wide);
    const digest = {
      bytes: statSync(path).size,
      sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
    };
    changeManifest(blind, (manifest) => ({ ...manifest, files: { ...manifest.files, "c0.safetensors": digest } }));
    // One layer tells; to look for the causes of forty would take half a minute.
    expect((await checkGolden(blind, { ...inputs, only: ["h.1.attn.c_attn"] })).verdict).toBe("mismatch");
  });
});
