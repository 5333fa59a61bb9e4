// Where what is shown of a layer lies in the kernel's memory, behind both blocks. The host reads these numbers as globals.
import { END } from "./memory";

/** Elements of a block whose details are made: with what is made of them they stay in the second-level cache. */
export const DETAIL_BLOCK: i32 = 8192;
/** The longest last axis whose profile the kernel keeps. */
export const COLUMNS: i32 = 65536;
/** Powers of ten that float32 numbers reach, one slot below them and one for what is not shown. */
export const SLOTS: i32 = 79;

export const ERRORS: i32 = END;
export const RELATIVE: i32 = ERRORS + DETAIL_BLOCK * 8;
export const ULP: i32 = RELATIVE + DETAIL_BLOCK * 4;
/** Five figures of one side: smallest, largest, sum, sum of squares, zeros. */
export const FIGURES: i32 = ULP + DETAIL_BLOCK * 4;
/** Slot of a float32 number by its exponent, and the bits from which on it is one more: the host writes them. */
export const SLOT_OF_EXPONENT: i32 = FIGURES + 64;
export const NEXT_FROM: i32 = SLOT_OF_EXPONENT + 256 * 4;
export const SCATTER: i32 = NEXT_FROM + 256 * 4;
/** Counts of at most 256 bins of either side. */
export const BIN_COUNTS: i32 = SCATTER + ((SLOTS * SLOTS * 4 + 15) & ~15);
export const COLUMN_MAX: i32 = BIN_COUNTS + 2 * 256 * 4;
export const COLUMN_SQUARES: i32 = COLUMN_MAX + COLUMNS * 8;
/** Five figures per cell of a run: signed extremes of both sides, error, relative error, ULP. */
export const CELLS: i32 = COLUMN_SQUARES + COLUMNS * 8;
