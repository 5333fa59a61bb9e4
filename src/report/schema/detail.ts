import { z } from "zod";
import { count, figure, index, shape } from "./number.js";

const statistics = z.object({
  min: figure,
  max: figure,
  mean: figure,
  std: figure,
  nan: count,
  infinite: count,
  zero: count,
});

const scale = z.object({
  kind: z.enum(["linear", "log"]),
  low: figure.describe("Value of the lowest byte (1 on a log scale, where 0 is exactly zero)."),
  high: figure.describe("Value of byte 254; 255 is NaN or infinite."),
});

/** Not zod's own base64, whose `format` no JSON Schema validator knows. */
const base64 = z
  .string()
  .regex(/^[A-Za-z0-9+/]*={0,2}$/)
  .meta({ contentEncoding: "base64" });
const cells = base64.describe("Cells in row-major order, a byte each.");
const floats = base64.describe("Little-endian float32, row-major.");

const lens = z.object({
  row: count.describe("Row of the first element."),
  column: count.describe("Column of the first element."),
  rows: count,
  columns: count,
  reference: floats,
  candidate: floats,
});

const plane = z.object({
  index: index.describe("Index on each of `planeAxes`."),
  reference: cells,
  candidate: cells,
  difference: cells,
  relative: cells,
  ulp: cells,
  lens: lens.nullable().describe("Exact values around the worst element of the plane."),
});

const picture = z
  .object({
    rowAxes: index,
    columnAxes: index,
    planeAxes: index,
    rows: count.describe("Elements along the rows."),
    columns: count.describe("Elements along the columns."),
    tile: z.tuple([count, count]).describe("Elements per cell, down and across; a cell holds the worst of them."),
    planes: z.array(plane),
    cut: count.describe("Planes that are not shown."),
    scales: z.object({ value: scale, difference: scale, relative: scale, ulp: scale }),
  })
  .describe("The tensor as matrices of cells.");

const source = z.object({ file: z.string(), line: z.int() });

/** What the page of one layer shows. */
export const detailSchema = z
  .object({
    pair: z.string().describe("Id of the pair."),
    case: z.string().describe("The case that decided."),
    run: z.enum(["local", "accumulated"]).describe("Which of the candidate's tensors is shown."),
    shape,
    axes: z.array(z.string()).describe("What each axis is."),
    statistics: z.object({ reference: statistics, candidate: statistics }),
    picture,
    histogram: z.object({ edges: z.array(figure), reference: z.array(count), candidate: z.array(count) }),
    scatter: z.object({ magnitude: z.array(figure), error: z.array(figure), counts: z.array(count) }),
    profiles: z.array(z.object({ axis: count, size: count, maxAbs: z.array(figure), rms: z.array(figure) })),
    worst: z.array(z.object({ index, reference: figure, candidate: figure, ulp: figure })),
    calls: z.array(z.object({ name: z.string(), source: source.nullable(), shape: shape.nullable() })),
    ops: z.object({ shown: z.array(z.object({ name: z.string(), type: z.string() })), cut: count }),
    command: z.string().describe("The command that checks this layer alone."),
  })
  .meta({ id: "LayerDetail", title: "Layer", description: "The tensors of one pair in one case, made small." });
