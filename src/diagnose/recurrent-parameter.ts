import type { WeightFact } from "./types.js";

/** Whether a parameter belongs to a recurrent cell, by its module's class, its name or the variable's. */
export function isRecurrent(fact: WeightFact): boolean {
  return (
    /lstm|gru|rnn/i.test(fact.moduleType) ||
    /(^|\.)(weight|bias)_(ih|hh)(_|$)/.test(fact.parameter) ||
    /lstm|gru|rnn|recurrent_kernel|gates\b/i.test(fact.key)
  );
}
