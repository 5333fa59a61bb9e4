import { ParityError } from "../errors.js";
import { shortPath } from "../runners/golden/record-command.js";

/**
 * What a candidate's run threw, with the command that checks its weights alone where it raised NotImplementedError: a port whose
 * forward is still to be written (`parity scaffold` gives such a one) has weights already.
 */
export function hintAtWeights(error: unknown, reference: string, candidate: string): unknown {
  if (!(error instanceof ParityError) || error.code !== "CANDIDATE_RAISED") return error;
  // torch raises the same for an op that a device does not have.
  if (!/raised NotImplementedError\b(?!.*aten::)/s.test(error.message)) return error;
  const { where, detail, cause } = error;
  const [file, callable] = [candidate.replace(/:[^:/]*$/, ""), /:[^:/]*$/.exec(candidate)?.[0] ?? ""];
  return new ParityError("CANDIDATE_RAISED", error.message, {
    ...(where === undefined ? {} : { where }),
    ...(detail === undefined ? {} : { detail }),
    cause,
    hint: `Until forward is written, its weights can be checked: parity weights ${shortPath(reference)} ${shortPath(file)}${callable}`,
  });
}
