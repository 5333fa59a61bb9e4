/**
 * How attention numbers the distance between two positions for a table of learned biases. A distance is key position minus
 * query position.
 */
export type Bucketing =
  /** min(max(sign · distance, −reach), reach) + reach (Shaw et al. 2018, DeBERTa). */
  | { readonly kind: "clipped"; readonly sign: 1 | -1; readonly reach: number }
  /** Near distances one by one, far ones by their logarithm up to `farthest` (T5, Raffel et al. 2020, section 2.1). */
  | {
      readonly kind: "logarithmic";
      readonly sign: 1 | -1;
      readonly buckets: number;
      /** Whether half of the buckets are for what follows. */
      readonly both: boolean;
      readonly farthest: number;
    };

/** The row of the table for one distance. */
export function bucketOf(how: Bucketing, distance: number): number {
  const relative = how.sign * distance;
  if (how.kind === "clipped") return Math.min(Math.max(relative, -how.reach), how.reach) + how.reach;
  const count = how.both ? Math.floor(how.buckets / 2) : how.buckets;
  const first = how.both && relative > 0 ? count : 0;
  const near = how.both ? Math.abs(relative) : Math.max(-relative, 0);
  const exact = Math.floor(count / 2);
  if (near < exact) return first + near;
  const share = Math.log(near / exact) / Math.log(how.farthest / exact);
  return first + Math.min(exact + Math.trunc(share * (count - exact)), count - 1);
}

/** The farthest distances that models are known to use; T5 has 128. */
const FARTHEST = [128, 256, 64, 32, 16, 512, 1024];

/**
 * Every way of numbering, the usual ones first, for a table of so many rows that gives what was seen: `observed` is the row by
 * distance. `constants` are numbers of the model that may be a farthest distance, or the logarithm in which it stands.
 */
export function fitBucketing(
  observed: ReadonlyMap<number, number>,
  rows: number,
  constants: readonly number[],
): Bucketing[] {
  // Half of the buckets of a side are counted one by one; the graph holds the logarithm of the farthest distance over that.
  const exact = [Math.floor(Math.floor(rows / 2) / 2), Math.floor(rows / 2)];
  const logarithms = constants.flatMap((one) => exact.map((near) => near * Math.exp(one)));
  const whole = [...constants, ...logarithms]
    .filter((one) => one > 1 && one <= 65536 && Math.abs(one - Math.round(one)) < 1e-4 * one)
    .map(Math.round);
  const clipped = ([1, -1] as const).map(
    (sign): Bucketing => ({ kind: "clipped", sign, reach: Math.floor((rows - 1) / 2) }),
  );
  const logarithmic = [...new Set([...whole, ...FARTHEST])].flatMap((farthest) =>
    ([1, -1] as const).flatMap((sign) =>
      [true, false].map((both): Bucketing => ({ kind: "logarithmic", sign, buckets: rows, both, farthest })),
    ),
  );
  const all = [...clipped.filter(() => rows % 2 === 1), ...logarithmic.filter((one) => isSound(one))];
  return all.filter((how) => [...observed].every(([distance, row]) => bucketOf(how, distance) === row));
}

/** The logarithm needs a farthest distance beyond those that are counted one by one. */
function isSound(how: Bucketing): boolean {
  if (how.kind === "clipped") return true;
  const exact = Math.floor((how.both ? how.buckets / 2 : how.buckets) / 2);
  return exact >= 1 && how.farthest > exact;
}

/**
 * The row by distance (column minus row) of a square matrix of rows, row-major; null where it does not depend on the
 * distance alone.
 */
export function rowsByDistance(matrix: ArrayLike<number>, size: number): ReadonlyMap<number, number> | null {
  const rows = new Map<number, number>();
  for (let query = 0; query < size; query++) {
    for (let key = 0; key < size; key++) {
      const row = matrix[query * size + key] ?? -1;
      const known = rows.get(key - query);
      if (row < 0 || (known !== undefined && known !== row)) return null;
      rows.set(key - query, row);
    }
  }
  return rows;
}

/** The numbering in words, for a message. */
export function describeBucketing(how: Bucketing): string {
  const direction = how.sign === 1 ? "key − query" : "query − key";
  if (how.kind === "clipped") return `${direction}, clipped at ±${how.reach}`;
  const side = how.both ? "in both directions" : "in one direction";
  return `${direction}, in ${how.buckets} buckets ${side} up to ${how.farthest} apart`;
}
