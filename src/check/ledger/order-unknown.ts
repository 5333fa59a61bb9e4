import type { LedgerRow } from "../../report/ledger/types.js";

/** A square matrix that is equal in one of two orders, with nothing that says which of them is needed. */
export function isOrderUnknown({ verdict, expected, transform, shape }: LedgerRow): boolean {
  const sizes = (shape.candidate ?? []).filter((size) => size !== 1);
  const isSquare = sizes.length === 2 && sizes[0] === sizes[1];
  return (
    verdict === "equal" && expected === "unknown" && isSquare && (transform === "same" || transform === "transposed")
  );
}
