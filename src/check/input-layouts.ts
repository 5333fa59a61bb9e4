import { channelsFirst } from "../align/layout-families.js";
import type { InputLayout } from "../config/types.js";
import { ParityError } from "../errors.js";
import type { Case, InputTensor } from "../inputs/types.js";
import type { Candidate, CandidateCase, RecordRequest } from "../runners/candidate.js";
import type { ProgressListener } from "../runners/types.js";

/** The order of axes, by the original's input, in which the port is fed; an input that is not named is fed as it is. */
export type InputPermutations = ReadonlyMap<string, readonly number[]>;

/** A model with so many ways to feed it has to be told by the user. */
const MOST_WAYS = 12;

const TIME_MAJOR = [1, 0, 2];

/**
 * The ways in which a port may want the original's inputs, as they are first. Only numbers can have channels: ids, masks
 * and flags are fed as they are.
 *
 * @param asked the configuration's `inputs.layout`
 * @throws ParityError CONFIG_INVALID for an input that does not exist, or that has no such order of axes
 */
export function possibleInputLayouts(
  cases: readonly Case[],
  asked: Readonly<Record<string, InputLayout>>,
): InputPermutations[] {
  const inputs = cases[0]?.inputs ?? [];
  const stranger = Object.keys(asked).find((name) => !inputs.some((input) => input.name === name));
  if (stranger !== undefined) throw noSuchInput(stranger, inputs);
  let ways: InputPermutations[] = [new Map()];
  for (const input of inputs) {
    const wanted = asked[input.name];
    const orders = wanted === undefined ? ordersOf(input) : [orderFor(input, wanted)];
    const more = orders.flatMap((order) =>
      ways.map((way) => (order === null ? way : new Map([...way, [input.name, order]]))),
    );
    if (more.length <= MOST_WAYS) ways = more;
  }
  return ways;
}

function ordersOf(input: InputTensor): (readonly number[] | null)[] {
  const rank = input.shape.length;
  const hasChannels = input.dtype.startsWith("float") || input.dtype === "bfloat16" || input.dtype === "uint8";
  const first = channelsFirst(rank);
  if (!hasChannels || first === null) return [null];
  return rank === TIME_MAJOR.length ? [null, first, TIME_MAJOR] : [null, first];
}

function orderFor(input: InputTensor, wanted: InputLayout): readonly number[] | null {
  if (wanted === "same") return null;
  const rank = input.shape.length;
  const order = wanted === "channels-first" ? channelsFirst(rank) : rank === TIME_MAJOR.length ? TIME_MAJOR : null;
  if (order !== null) return order;
  throw new ParityError(
    "CONFIG_INVALID",
    `${input.name} has ${rank} axes ([${input.shape.join(", ")}]): it cannot be fed ${wanted}.`,
    {
      where: { key: `inputs.layout.${input.name}` },
      hint: "channels-first takes 3, 4 or 5 axes, time-major takes 3.",
    },
  );
}

function noSuchInput(name: string, inputs: readonly InputTensor[]): ParityError {
  return new ParityError("CONFIG_INVALID", `inputs.layout names ${name}, which is no input of the original.`, {
    where: { key: `inputs.layout.${name}` },
    hint: `Its inputs are ${inputs.map((input) => input.name).join(", ")}.`,
  });
}

/** The cases with every input in the given order of axes. */
export function underLayout(cases: readonly CandidateCase[], layout: InputPermutations): CandidateCase[] {
  return cases.map((one) => ({
    ...one,
    inputs: one.inputs.map((input) => {
      const permute = layout.get(input.tensor.slice(one.id.length + 1));
      return permute === undefined ? input : { ...input, permute };
    }),
  }));
}

/**
 * The free run of a port under the first way to feed it in which its forward does not raise: a convolution refuses an image
 * whose channels are not where it looks for them.
 *
 * @throws ParityError what the port raised under the first way, when it raised under all
 */
export async function recordUnderLayouts(
  candidate: Candidate,
  layouts: readonly InputPermutations[],
  request: RecordRequest,
  onProgress?: ProgressListener,
): Promise<{ free: Awaited<ReturnType<Candidate["record"]>>; ownCases: CandidateCase[] }> {
  let first: ParityError | null = null;
  for (const layout of layouts) {
    const ownCases = underLayout(request.cases, layout);
    try {
      return { free: await candidate.record({ ...request, cases: ownCases }, onProgress), ownCases };
    } catch (error) {
      if (!(error instanceof ParityError) || error.code !== "CANDIDATE_RAISED") throw error;
      first ??= error;
    }
  }
  throw first ?? new ParityError("INPUTS_INVALID", "There is no way to feed the candidate.");
}
