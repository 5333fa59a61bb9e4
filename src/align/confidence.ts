/** A pair that was the only possible one. */
export const CERTAIN = 1;
/** One of several that would fit: its values must bear it out. */
export const LIKELY = 0.8;
/** Found by its numbers alone. */
export const VALUES = 0.75;
/** Relative L2 error of the free run up to which two tensors are taken for the same quantity. */
export const AGREES = 0.01;
