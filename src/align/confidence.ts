/** A pair that was the only possible one. */
export const CERTAIN = 1;
/** One of several that would fit: its values must bear it out. */
export const LIKELY = 0.8;
