import { join } from "node:path";
import { compareTensors } from "../compare/compare-tensors.js";
import type { TracedOp } from "../runners/edits.js";
import { parseTensorName } from "../tensorflow/graph.js";
import { nearestRandomOp } from "../tensorflow/random-ops.js";
import type { TwoSides } from "./compare-pairs.js";
import { makeReplacements, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** Functions of torch that draw. Dropout and attention do when they are told to. */
const DRAWS =
  /^(?:rand|randn|randint|randperm|rand_like|randn_like|randint_like|bernoulli|multinomial|normal|poisson|uniform|exponential|rrelu|gumbel_softmax|(?:alpha_|feature_alpha_|feature_)?dropout[123]?d?)$/;

/** What is random at the first pair of a side that moves: an op with its place where one is found, else what is left. */
export async function nameRandomness(
  side: "reference" | "candidate",
  one: JudgedPair,
  id: string,
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  scratch: string,
): Promise<string> {
  if (side === "reference") return nameOriginal(one, sides, two);
  try {
    const replace = makeReplacements(
      judged.pairs.map((pair) => pair.pair),
      sides,
      two.reference,
    );
    const force = judged.forced === null ? null : { replace };
    const cases = sides.candidateCases.filter((each) => each.id === id);
    const drawn = await findDraw(one, sides, cases, replace, scratch);
    const seeded = await repeatsUnderSeed(one, id, sides, two, judged, cases, force, scratch);
    if (seeded) return drawn ?? "it draws from torch's, numpy's or Python's random generator";
    const source = "a clock, a generator of its own, or something kept between calls";
    return drawn === null ? `no seed makes it repeat: ${source}` : `${drawn}, and no seed makes it repeat: ${source}`;
  } catch (error) {
    if (!isUserFailure(error)) throw error;
    return "what is random there could not be looked into";
  }
}

function nameOriginal(one: JudgedPair, sides: Sides, two: TwoSides): string {
  const tensor = two.referenceTaps.get(one.pair.reference)?.tensor ?? null;
  const found = tensor === null ? null : nearestRandomOp(sides.original.graph, parseTensorName(tensor).node);
  return found === null
    ? "no op before it draws random numbers: threads, or a kernel that does not repeat itself"
    : `it draws random numbers: ${found.op} ${found.name}`;
}

async function findDraw(
  one: JudgedPair,
  sides: Sides,
  cases: Sides["candidateCases"],
  replace: ReturnType<typeof makeReplacements>,
  scratch: string,
): Promise<string | null> {
  const out = join(scratch, "again-trace");
  const taps = [one.pair.candidate];
  const traces = await sides.candidate.trace({ out, cases, force: { replace }, edits: [], taps }).catch((error) => {
    if (!isUserFailure(error)) throw error;
    return [];
  });
  const op = traces.flatMap((trace) => trace.ops).find(draws);
  if (op === undefined) return null;
  const place = op.source === null ? "" : ` (${op.source.file}:${op.source.line})`;
  return `it draws random numbers: ${op.key.name} in ${op.key.module || "the model itself"}${place}`;
}

function draws(op: TracedOp): boolean {
  const training = op.kwargs.training;
  const idle = training !== undefined && "value" in training && training.value === false;
  return DRAWS.test(op.key.name) && !idle;
}

/** Whether one more run under the first run's seed gives the first run's values. */
async function repeatsUnderSeed(
  one: JudgedPair,
  id: string,
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  cases: Sides["candidateCases"],
  force: { readonly replace: ReturnType<typeof makeReplacements> } | null,
  scratch: string,
): Promise<boolean> {
  const taps = [one.pair.candidate];
  const { recording } = await runCandidate(sides, scratch, "again-seeded", { cases, taps, force });
  try {
    const first = (judged.forced?.recording ?? two.candidate).tensor(id, one.pair.candidate);
    const second = recording.tensor(id, one.pair.candidate);
    return first !== undefined && second !== undefined && compareTensors(first, second).relativeL2 <= SAME;
  } finally {
    recording.close();
  }
}

/** Threads may move the last bits between two runs. */
const SAME = 1e-5;
