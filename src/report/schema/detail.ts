import { z } from "zod";
import { count, figure, index, shape } from "./number.js";
import { sourcePlace } from "./pair.js";

const axes = z.array(count);

const statistics = z
  .object({
    min: figure.describe("Smallest finite value; NaN where there is none."),
    max: figure.describe("Largest finite value."),
    mean: figure.describe("Mean of the finite values."),
    std: figure.describe("Standard deviation of the finite values (of the population)."),
    nan: count.describe("Number of NaN."),
    infinite: count.describe("Number of ±Inf."),
    zero: count.describe("Number of zeros."),
  })
  .meta({ id: "TensorStatistics", title: "Statistics", description: "Figures of one tensor." });

const cells = z.string().describe("Cells, row-major, a byte each, in base64; 255 is NaN or ±Inf.");

const lens = z
  .object({
    row: count.describe("Row of the first element."),
    column: count.describe("Column of the first element."),
    rows: count,
    columns: count,
    reference: z.string().describe("Little-endian float32, row-major, in base64."),
    candidate: z.string().describe("The same of the candidate."),
  })
  .meta({ id: "Lens", title: "Lens", description: "Exact values around the worst element of a plane." });

const plane = z
  .object({
    index: index.describe("Index on each of the picture's plane axes."),
    reference: cells,
    candidate: cells,
    difference: cells,
    relative: cells,
    ulp: cells,
    lens: lens.nullable().describe("Null where nothing differs or room is short."),
  })
  .meta({
    id: "Plane",
    title: "Plane",
    description: "The worst of the elements that each cell covers: signed values, errors, relative errors, ULPs.",
  });

const scale = z
  .object({
    kind: z.enum(["linear", "log"]).describe("log: 0 is exactly zero, 1 to 254 are even in the logarithm."),
    low: figure,
    high: figure,
  })
  .meta({ id: "CellScale", title: "Scale", description: "What a cell's byte stands for." });

const picture = z
  .object({
    rowAxes: axes.describe("Axes that run down."),
    columnAxes: axes.describe("Axes that run across."),
    planeAxes: axes.describe("Axes of which each index is a plane of its own."),
    rows: count.describe("Elements down."),
    columns: count.describe("Elements across."),
    tile: z.tuple([count, count]).readonly().describe("Elements per cell, down and across."),
    planes: z.array(plane).describe("The planes that are shown, the worst first."),
    cut: count.describe("How many planes more there are."),
    scales: z.object({ value: scale, difference: scale, relative: scale, ulp: scale }),
  })
  .meta({ id: "Picture", title: "Picture", description: "The two tensors as matrices of cells." });

const histogram = z
  .object({
    edges: z.array(figure).describe("Bin i holds values from edges[i] to edges[i + 1]."),
    reference: z.array(count),
    candidate: z.array(count),
  })
  .meta({ id: "SharedHistogram", title: "Histogram", description: "Counts of finite values over the same bins." });

const scatter = z
  .object({
    magnitude: z.array(figure).describe("log10 of the edges of |reference|."),
    error: z.array(figure).describe("log10 of the edges of |error|."),
    counts: z.array(count).describe("Row-major, rows are errors, smallest first."),
  })
  .meta({ id: "ErrorScatter", title: "Error against magnitude", description: "Number of elements by powers of ten." });

const profile = z
  .object({
    axis: count,
    size: count.describe("Slices along the axis."),
    maxAbs: z.array(figure).describe("Largest error per entry."),
    rms: z.array(figure).describe("rms of the error per entry."),
    tile: count.describe("Slices per entry; absent: 1.").optional(),
  })
  .meta({ id: "DetailProfile", title: "Profile", description: "The error along one axis." });

export const detailSchema = z
  .object({
    pair: z.string().describe("Id of the pair."),
    case: z.string().describe("The case that decided."),
    run: z
      .enum(["local", "accumulated"])
      .describe("local: the layer was fed the reference's own tensors. accumulated: the free run."),
    shape,
    axes: z.array(z.string()).describe("What each axis is; `axis 2` where that is not known."),
    statistics: z.object({ reference: statistics, candidate: statistics }),
    picture,
    histogram,
    scatter,
    profiles: z.array(profile),
    worst: z
      .array(z.object({ index, reference: figure, candidate: figure, ulp: figure }))
      .describe("The elements with the largest error, worst first."),
    calls: z
      .array(
        z.object({
          name: z.string(),
          source: sourcePlace.nullable(),
          shape: shape.nullable().describe("Shape of the result; null where it is not known of this case."),
        }),
      )
      .describe("The calls inside the layer; empty where they were not recorded."),
    ops: z
      .object({ shown: z.array(z.object({ name: z.string(), type: z.string() })), cut: count })
      .describe("The original's ops inside its scope."),
    command: z.string().describe("The command that checks this layer alone."),
  })
  .meta({
    id: "LayerDetail",
    title: "Detail of a layer",
    description: "The tensors of one pair in one case, made small. Indices are in the candidate's order of axes.",
  });
