/**
 * One step that turns stored values into the wanted ones, on the whole tensor. Steps are data so that they can be run here,
 * in the candidate's process and be printed as code.
 */
export type Step =
  | { readonly kind: "reshape"; readonly shape: readonly number[] }
  /** numpy's transpose: axis `axes[i]` becomes axis i. */
  | { readonly kind: "permute"; readonly axes: readonly number[] }
  | { readonly kind: "flip"; readonly axes: readonly number[] }
  /** Index i of the axis becomes what index `order[i]` was. */
  | { readonly kind: "select"; readonly axis: number; readonly order: readonly number[] }
  | { readonly kind: "multiply"; readonly by: number }
  | { readonly kind: "add"; readonly value: number }
  /** `values[i]` for index i of the axis. */
  | { readonly kind: "multiply-along"; readonly axis: number; readonly values: readonly number[] }
  | { readonly kind: "add-along"; readonly axis: number; readonly values: readonly number[] };

interface Described {
  /** One clause that follows "the stored values are …", in words. */
  readonly description: string;
  /** Steps that turn stored into wanted; null where the values to do it with are not in the stored tensor. */
  readonly undo: readonly Step[] | null;
}

/** How a parameter's stored values relate to those that it should hold, of the simplest kind that fits. */
export type Relation = Described &
  (
    | { readonly kind: "same"; readonly exact: boolean }
    /** stored = flip(wanted permuted). */
    | { readonly kind: "axes"; readonly permute: readonly number[]; readonly flipped: readonly number[] }
    /** Block b of `count` along the axis holds the wanted block `order[b]` plus `offsets[b]`. */
    | {
        readonly kind: "blocks";
        readonly axis: number;
        readonly count: number;
        readonly order: readonly number[];
        readonly offsets: readonly number[] | null;
      }
    /** `count` square blocks along the axis are each the wanted one transposed: kernels of gates side by side. */
    | {
        readonly kind: "blocks-transposed";
        readonly axis: number;
        readonly count: number;
        /** Indices of the blocks that are; the others are right. */
        readonly which: readonly number[];
      }
    /** The axis is wanted as (parts, heads, size) and stored as (heads, parts, size), or the other way round. */
    | {
        readonly kind: "head-interleaved";
        readonly axis: number;
        readonly parts: number;
        readonly heads: number;
        readonly size: number;
        readonly stored: "by-head" | "by-part";
      }
    /** Within each head pairs lie side by side in one and half a head apart in the other (rotary positions). */
    | {
        readonly kind: "rotary-pairs";
        readonly axis: number;
        readonly heads: number;
        readonly stored: "interleaved" | "halves";
        /** Of how many equal parts of the axis this holds for the first `of[0]`: `[2, 3]` for q and k of a fused q, k, v. */
        readonly of: readonly [number, number];
      }
    /** The axis is wanted flattened from `sizes` and stored flattened from the same sizes in the order `permute`. */
    | {
        readonly kind: "flatten-order";
        readonly axis: number;
        readonly sizes: readonly number[];
        readonly permute: readonly number[];
      }
    | { readonly kind: "reversed"; readonly axis: number }
    /** Index i holds the wanted index i + `by`; round the end where `cyclic`, else the rest is something else. */
    | { readonly kind: "shifted"; readonly axis: number; readonly by: number; readonly cyclic: boolean }
    | { readonly kind: "reordered"; readonly axis: number; readonly order: readonly number[] }
    /** Another number of rows: the first of `stored` rows equals wanted row `from`. */
    | {
        readonly kind: "rows";
        readonly stored: number;
        readonly wanted: number;
        readonly from: number;
        readonly common: number;
      }
    /** These rows (first, behind the last) are the wanted ones and the others are not. */
    | { readonly kind: "some-rows"; readonly equal: readonly (readonly [number, number])[]; readonly share: number }
    | { readonly kind: "scaled"; readonly factor: number }
    /** Every index of the axis by a factor of its own; `unit`: the side whose slices all have norm 1 (weight norm). */
    | { readonly kind: "scaled-along"; readonly axis: number; readonly unit: "stored" | "wanted" | null }
    | { readonly kind: "offset"; readonly value: number }
    | { readonly kind: "offset-along"; readonly axis: number }
    | { readonly kind: "rounded"; readonly to: "float16" | "bfloat16" }
    /** stored = wanted ** exponent (0.5: the standard deviation where a variance belongs). */
    | { readonly kind: "power"; readonly exponent: number }
    /** Nearly equal everywhere: a moving average, another training step. `uniform`: by the same relative amount in all parts. */
    | { readonly kind: "close"; readonly relativeL2: number; readonly cosine: number; readonly uniform: boolean }
    | { readonly kind: "unrelated"; readonly cosine: number }
  );
