import { canonicalName } from "../align/tokens.js";
import { ParityError } from "../errors.js";
import type { Case, InputSignature } from "../inputs/types.js";
import type { CandidateCase, CandidateDescription } from "../runners/candidate.js";
import type { ReferenceCase } from "../runners/reference.js";
import { inputRole } from "./input-roles.js";

/**
 * Which parameter of the candidate's forward takes which input of the original: the same name first, then what names the
 * same thing in the other world (`segment_ids`, `token_type_ids`), then in order over what is left. The user's map decides before both.
 */
export function mapInputs(
  signatures: readonly InputSignature[],
  description: CandidateDescription,
  map: Readonly<Record<string, string>>,
): Map<string, { parameter: string | null; position: number }> {
  const positions = new Map(description.inputs.map((input, position) => [input.name, position]));
  const free = new Set(positions.keys());
  const found = new Map<string, { parameter: string | null; position: number }>();
  const take = (signature: InputSignature, name: string | undefined): void => {
    if (name === undefined || !free.has(name) || found.has(signature.name)) return;
    free.delete(name);
    found.set(signature.name, { parameter: name, position: positions.get(name) ?? 0 });
  };
  for (const { name } of signatures) if (Object.hasOwn(map, name)) checkMapped(name, map, description);
  for (const signature of signatures)
    take(signature, Object.hasOwn(map, signature.name) ? map[signature.name] : undefined);
  for (const signature of signatures) take(signature, signature.name);
  for (const signature of signatures) {
    const wanted = canonicalName(signature.name.split("/").at(-1) ?? signature.name);
    take(
      signature,
      [...free].find((name) => wanted !== "" && canonicalName(name) === wanted),
    );
  }
  for (const signature of signatures) {
    const role = inputRole(signature.name);
    if (role !== null)
      take(
        signature,
        [...free].find((name) => inputRole(name) === role),
      );
  }
  for (const signature of signatures) if (!found.has(signature.name)) take(signature, [...free][0]);
  const missing = signatures.find((signature) => !found.has(signature.name));
  if (missing !== undefined) {
    throw new ParityError(
      "INPUTS_INVALID",
      `The candidate's forward takes ${description.inputs.length} inputs, the original has ${signatures.length}: nothing takes ${missing.name}.`,
      {
        where: { key: missing.name },
        hint: `forward(${description.inputs.map((input) => input.name).join(", ")}). Wrap the model so that forward takes the original's inputs, or say which is which with map: { "${missing.name}": "name" }.`,
      },
    );
  }
  const unfed = description.inputs.find((input) => input.required && free.has(input.name));
  if (unfed !== undefined) {
    throw new ParityError(
      "INPUTS_INVALID",
      `The candidate's forward needs ${unfed.name}, for which the original has no input.`,
      {
        where: { key: unfed.name },
        hint: `The original's inputs are ${signatures.map((signature) => signature.name).join(", ")}. Give ${unfed.name} a default, or wrap the model.`,
      },
    );
  }
  return found;
}

/** What the map says of an input must hold: a typing error here would silently feed another input. */
function checkMapped(name: string, map: Readonly<Record<string, string>>, description: CandidateDescription): void {
  const wanted = map[name];
  const known = description.inputs.map((input) => input.name);
  const rival = Object.keys(map).find((other) => other !== name && map[other] === wanted);
  if (wanted !== undefined && known.includes(wanted) && rival === undefined) return;
  throw new ParityError(
    "CONFIG_INVALID",
    rival === undefined
      ? `The map gives the input ${name} to ${wanted}, which the candidate's forward does not take.`
      : `The map gives both ${name} and ${rival} to ${wanted}.`,
    { where: { key: `map["${name}"]` }, hint: `forward(${known.join(", ")}). Name one of these, once.` },
  );
}

export function candidateCases(
  cases: readonly Case[],
  inputsFile: string,
  mapping: ReadonlyMap<string, { parameter: string | null; position: number }>,
): CandidateCase[] {
  return cases.map((one) => ({
    id: one.id,
    inputs: one.inputs.flatMap((input) => {
      const target = mapping.get(input.name);
      return target === undefined ? [] : [{ ...target, file: inputsFile, tensor: `${one.id}/${input.name}` }];
    }),
  }));
}

export function referenceCases(cases: readonly Case[], inputsFile: string): ReferenceCase[] {
  return cases.map((one) => ({
    id: one.id,
    inputs: one.inputs.map((input) => ({ name: input.name, file: inputsFile, tensor: `${one.id}/${input.name}` })),
  }));
}
