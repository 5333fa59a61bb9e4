import { ParityError } from "../errors.js";
import type { MetaGraphDef, SignatureDef } from "../formats/tf-proto/types.js";

/** Signatures of TensorFlow's own: what is run after loading, and gradients. */
const OWN = /^__saved_model_|^_?_?gradient/;

/** The tags of a graph in a SavedModel. */
export function tagsOf(metaGraph: MetaGraphDef): readonly string[] {
  return metaGraph.metaInfoDef?.tags ?? [];
}

/** The signatures that a user would call, by name. */
export function signaturesIn(metaGraph: MetaGraphDef): ReadonlyMap<string, SignatureDef> {
  return new Map([...metaGraph.signatureDef].filter(([name, one]) => !OWN.test(name) && one.outputs.size > 0));
}

/**
 * The signature to run: the one that is asked for, else `serving_default`, else the only one. Throws USAGE that lists them
 * where that is none. With outputs named by the user a model without any signature is enough.
 */
export function chooseSignature(
  metaGraph: MetaGraphDef,
  choice: { readonly signature: string | null; readonly outputs: readonly string[] | null },
  file: string,
): readonly [string, SignatureDef] {
  const all = signaturesIn(metaGraph);
  const names = [...all.keys()];
  if (choice.signature !== null) {
    const found = all.get(choice.signature);
    if (found !== undefined) return [choice.signature, found];
    throw new ParityError("USAGE", `The SavedModel has no signature ${choice.signature}.`, {
      where: { file, key: "signature" },
      hint: names.length > 0 ? `It has ${names.join(", ")}.` : "It has none.",
    });
  }
  const usual = all.get("serving_default");
  if (usual !== undefined) return ["serving_default", usual];
  const [only, other] = [...all];
  if (only !== undefined && other === undefined) return only;
  if (only === undefined && choice.outputs !== null)
    return ["", { inputs: new Map(), outputs: new Map(), methodName: "", unknown: [] }];
  if (only === undefined) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      "The SavedModel has no signature, so nothing says what to feed and what to read.",
      {
        where: { file },
        hint:
          "Save it with one: tf.saved_model.save(model, directory, signatures=model.__call__.get_concrete_function(tf.TensorSpec(…))); " +
          "or give the code that builds it as the reference, original.py:build.",
      },
    );
  }
  throw new ParityError(
    "USAGE",
    `The SavedModel has ${names.length} signatures, and none of them is serving_default.`,
    {
      where: { file, key: "signature" },
      hint: `Say which: --signature ${names[0]} (of ${names.join(", ")}).`,
    },
  );
}
