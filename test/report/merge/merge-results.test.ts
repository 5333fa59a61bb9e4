import { describe, expect, it } from "vitest";
import { mergeFindings } from "../../../src/report/merge/merge-findings.js";
import { mergePairs } from "../../../src/report/merge/merge-pairs.js";
import { mergeResults } from "../../../src/report/merge/merge-results.js";
import { OTHER_SHARDS } from "../../../src/report/merge/merge-summary.js";
import type { CheckResult, Finding } from "../../../src/report/types.js";
import { measuredPair, sampleMetrics, samplePair } from "../../helpers/sample-pair.js";
import { badResult, goodResult, inconclusiveResult } from "../../helpers/sample-result.js";

/** The sample as a shard that ran the given cases. */
function shard(result: CheckResult, ...cases: string[]): CheckResult {
  return { ...result, cases: result.cases.filter((one) => cases.includes(one.id)) };
}

const merge = (...results: CheckResult[]): CheckResult =>
  mergeResults(
    results.map((result, at) => ({ label: `shard ${at + 1}/${results.length}`, result })),
    ["c0", "c1", "c2"],
  );

describe("pairs of several shards", () => {
  it("stand as their worst case stands, whichever shard ran it", () => {
    const fine = samplePair("a");
    const wrong = measuredPair("a", 500, 0.2);
    for (const shards of [
      [[fine], [wrong]],
      [[wrong], [fine]],
    ]) {
      const [merged] = mergePairs(shards, ["c0", "c1"]);
      expect(merged?.verdict).toBe("mismatch");
      expect(merged?.noise?.ratio).toBe(500);
    }
  });

  it("keep the largest accumulated error with its case, apart from the local one that decided", () => {
    const decided = { ...measuredPair("a", 500, 1e-3), worstCase: "c0" };
    const large = { ...samplePair("a", { metrics: sampleMetrics(0.5) }), worstCase: "c1" };
    const [merged] = mergePairs([[decided], [large]], ["c0", "c1"]);
    expect(merged?.verdict).toBe("mismatch");
    expect(merged?.worstCase).toBe("c1");
    expect(merged?.metrics).toEqual(sampleMetrics(0.5));
    expect(merged?.local).toEqual(decided.local);
  });

  it("stay in order of execution when one shard has a pair that another lacks", () => {
    const of = (...ids: string[]) => ids.map((id) => samplePair(id));
    expect(mergePairs([of("a", "c"), of("a", "b", "c", "d")], []).map((pair) => pair.id)).toEqual(["a", "b", "c", "d"]);
  });
});

describe("findings of several shards", () => {
  const [suspected, confirmed] = badResult().findings as [Finding, Finding];

  it("are told once where cause and places are the same, with the largest error", () => {
    const weaker: Finding = {
      ...confirmed,
      experiment: { change: ".T", errorBefore: 1, errorAfter: 9e-7, floor: 5e-7 },
    };
    const merged = mergeFindings([[weaker], [confirmed]], []);
    expect(merged).toHaveLength(1);
    expect(merged[0]?.experiment).toEqual({ change: ".T", errorBefore: 3.1, errorAfter: 9e-7, floor: 5e-7 });
  });

  it("are two where the places are others", () => {
    const elsewhere: Finding = {
      ...confirmed,
      pair: "x",
      pairs: ["x"],
      parameter: "x.weight",
      parameters: ["x.weight"],
    };
    expect(mergeFindings([[confirmed], [elsewhere]], [])).toHaveLength(2);
  });

  it("are not confirmed when one shard could not do more than suspect: confirmed means in every case", () => {
    const doubted: Finding = { ...confirmed, status: "suspected", fix: null };
    for (const shards of [
      [[confirmed], [doubted]],
      [[doubted], [confirmed]],
    ])
      expect(mergeFindings(shards, []).map((one) => [one.status, one.fix])).toEqual([["suspected", null]]);
  });

  it("keep the order that a single run has: confirmed first", () => {
    expect(mergeFindings([[suspected], [confirmed]], []).map((one) => one.status)).toEqual(["confirmed", "suspected"]);
  });
});

describe("results of several shards", () => {
  it("are parity when each is, over all cases in full order", () => {
    const merged = merge(shard(goodResult(), "c2"), shard(goodResult(), "c0", "c1"));
    expect([merged.verdict, merged.exitCode]).toEqual(["parity", 0]);
    expect(merged.cases.map((one) => one.id)).toEqual(["c0", "c1", "c2"]);
    expect(merged.summary.cases).toBe(3);
    expect(Object.keys(merged.timings)).toContain("shard 2/2: judge");
  });

  it("are a mismatch when one is, at the first divergence over all, with the summary counted anew", () => {
    const merged = merge(shard(goodResult(), "c0"), shard(badResult(), "c1"));
    expect([merged.verdict, merged.exitCode, merged.firstDivergence]).toEqual(["mismatch", 1, "h.3.attn.c_proj"]);
    expect(merged.summary.pairs.mismatch).toBe(1);
    expect(merged.summary.sentence).toContain("first h.3.attn.c_proj");
  });

  it("are not parity when a shard could not judge for a reason of its own", () => {
    const odd = { ...goodResult(), verdict: "inconclusive", exitCode: 2, reason: "the gate wants more" } as const;
    expect(merge(goodResult(), odd)).toMatchObject({ verdict: "inconclusive", exitCode: 2, reason: odd.reason });
    expect(merge(inconclusiveResult(), inconclusiveResult()).verdict).toBe("inconclusive");
  });

  it("are flaky when a shard was, unless another shows a difference", () => {
    const flaky = { ...goodResult(), verdict: "flaky", exitCode: 2, reason: "a clock" } as const;
    expect(merge(goodResult(), flaky)).toMatchObject({ verdict: "flaky", exitCode: 2, reason: "a clock" });
    expect(merge(flaky, badResult()).verdict).toBe("mismatch");
  });

  it("do not cover what no shard covered, and forget that there were shards", () => {
    const saying = (...notCovered: string[]): CheckResult => {
      const good = goodResult();
      return { ...good, summary: { ...good.summary, notCovered } };
    };
    const line = "modules that no case called (their parameters may still be used)";
    const merged = merge(
      saying(`${OTHER_SHARDS}: 2 of 3`, "training: unseen", `${line}: a, b`, "only batches of one were run"),
      saying(`${OTHER_SHARDS}: 1 of 3`, "training: unseen", `${line}: a`),
    );
    expect(merged.summary.notCovered).toEqual(["training: unseen", `${line}: a`]);
  });

  it("say when shards ran on other versions", () => {
    const good = goodResult();
    const newer = { ...good, runtimes: { ...good.runtimes, torch: "9.9" } };
    expect(merge(good, newer).summary.warnings.join()).toMatch(/torch 2\.13\.0 and 9\.9/);
  });

  it("count a tap as unmatched only when no shard found it a partner", () => {
    const good = goodResult();
    const name = good.pairs[0]?.candidate.name ?? "";
    const without = {
      ...good,
      pairs: good.pairs.slice(1),
      unmatched: { reference: [], candidate: [{ id: name, isOutput: false, why: "…" }] },
    };
    expect(merge(without, good).unmatched.candidate.map((tap) => tap.id)).not.toContain(name);
  });
});
