import { z } from "zod";

/** How numbers that JSON cannot hold are written in report.json. */
export const NON_FINITE = ["Infinity", "-Infinity", "NaN"] as const;

/**
 * A figure that may be infinite or not a number: a JSON number, or one of three strings. Reading it gives a number in
 * either case. Its JSON Schema (of the input side) shows both.
 */
export const figure = z
  .union([z.number(), z.enum(NON_FINITE)])
  .transform((value) => Number(value))
  .meta({
    id: "Figure",
    title: "Figure",
    description: 'A number. JSON has no Infinity and no NaN: these are the strings "Infinity", "-Infinity" and "NaN".',
  });

/** A number of things. */
export const count = z.int().nonnegative();

/** A shape: sizes from the outermost axis to the innermost. A scalar is the empty list. */
export const shape = z.array(count);

/** An index into a tensor, one entry per axis. */
export const index = z.array(count);
