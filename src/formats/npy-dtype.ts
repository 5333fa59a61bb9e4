import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import type { Literal } from "./npy-literal.js";
import type { DType } from "./types.js";

/** numpy's kind and size codes that are plain numbers. */
const CODES = new Map<string, DType>([
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
  ["i1", "int8"],
  ["i2", "int16"],
  ["i4", "int32"],
  ["i8", "int64"],
  ["u1", "uint8"],
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["b1", "bool"],
  ["c8", "complex64"],
  ["c16", "complex128"],
]);

const REFUSED: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  O: ["Python objects, which only running a pickle could read", "Save plain numbers: array.astype('float32')."],
  U: ["text", "Save numbers only, or leave this array out."],
  S: ["byte strings", "Save numbers only, or leave this array out."],
  V: [
    "raw bytes of no number type (numpy writes bfloat16 and float8 like this)",
    "Save it as float32, or as safetensors, which keeps the type.",
  ],
  M: ["dates", "Save numbers only, or leave this array out."],
  m: ["time spans", "Save numbers only, or leave this array out."],
};

/** The dtype and byte order that an npy `descr` such as `<f4` stands for. Throws FORMAT_UNSUPPORTED for other kinds. */
export function dtypeOfDescr(
  descr: Literal | undefined,
  name: string,
  where: ErrorPlace,
): { readonly dtype: DType; readonly bigEndian: boolean } {
  if (Array.isArray(descr)) {
    throw new ParityError("FORMAT_UNSUPPORTED", `array ${name} has a structured dtype, which parity does not read`, {
      where,
      hint: "Save each field as an array of its own.",
    });
  }
  if (typeof descr !== "string") throw formatError(`the npy header of ${name} has no descr`, where);
  const [, order = "", code = ""] = /^([<>|=])?(.+)$/.exec(descr) ?? [];
  const dtype = CODES.get(code);
  if (dtype !== undefined) return { dtype, bigEndian: order === ">" };
  const [what, hint] = REFUSED[code.charAt(0)] ?? [
    `elements of type ${JSON.stringify(descr)}`,
    "Save it as float32 or another plain type.",
  ];
  throw new ParityError("FORMAT_UNSUPPORTED", `array ${name} holds ${what}, which parity does not read`, {
    where,
    hint,
  });
}
