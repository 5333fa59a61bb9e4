import type { Gate } from "./types.js";

/**
 * A gate that turns on chance does not judge: a side that does not repeat itself may fail one run and pass the next.
 *
 * @param flaky why the verdict is `flaky`; null when it is not
 */
export function judgeRepeats(gate: Gate, flaky: string | null): Gate {
  if (flaky === null) return gate;
  const check = {
    id: "repeats",
    outcome: "could-not-judge",
    message: flaky,
    hint: "Make the side that is named deterministic: seed or remove what is random in it.",
    pair: null,
  } as const;
  return { ...gate, outcome: "could-not-judge", checks: [check, ...gate.checks] };
}
