import { expect, it } from "vitest";
import type { Pair } from "../../src/align/types.js";
import type { CaseMetrics } from "../../src/check/compare-pairs.js";
import { findSkippedCases } from "../../src/check/find-skipped-cases.js";
import { SAME_LAYOUT } from "../../src/compare/types.js";
import { sampleMetrics } from "../helpers/sample-pair.js";

const pair = (candidate: string): Pair => ({
  id: candidate,
  candidate,
  reference: candidate,
  layout: SAME_LAYOUT,
  matchedBy: "name",
  confidence: 1,
  because: "",
});
const seen = (id: string, count = 4): CaseMetrics => ({ case: id, metrics: { ...sampleMetrics(0), count } });

it("a case in which only inner layers were compared, or an output without elements, was skipped", () => {
  const pairs = [
    { pair: pair("h.0"), accumulated: [seen("c0"), seen("c1"), seen("c2")] },
    { pair: pair("(output)"), accumulated: [seen("c0"), seen("c2", 0)] },
  ];
  expect(findSkippedCases(pairs, (id) => id === "(output)", ["c0", "c1", "c2"])).toEqual(["c1", "c2"]);
});
