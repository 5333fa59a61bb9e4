/** Limits on what an ONNX file may claim; beside each stands what it was measured against. */

/** Nodes of a graph: the largest published ones (a decoder of 80 layers, unrolled) have about 50 000. */
export const MAX_NODES = 1_000_000;

/** Graphs within graphs (branches and loops): real models nest two or three deep. */
export const MAX_GRAPH_DEPTH = 16;

/** A field of the graph other than an initializer that has to be held in memory: a node with a constant inside of it. */
export const MAX_FIELD_BYTES = 1024 * 1024 * 1024;

/** `raw_data` up to this size is read with the rest; what is larger stays in the file until it is asked for. */
export const INLINE_BYTES = 4096;
