/**
 * Limits on what a model file may claim. Each is far above what real models need and far below what would exhaust the
 * machine; beside each stands what it was measured against.
 */

/** Bytes of a safetensors header. The format's own reference reader refuses more than 100 MB. */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** Nesting of JSON in headers and indexes: a header needs three levels (object, entry, array). */
export const MAX_JSON_DEPTH = 16;

/** Bytes of a `*.safetensors.index.json`: about 100 bytes a tensor, so this allows the tensor limit below. */
export const MAX_INDEX_JSON_BYTES = 128 * 1024 * 1024;

/** Tensors of one file. The largest published mixtures of experts hold about 100 000 in all their shards. */
export const MAX_TENSORS = 1_000_000;

/** Axes of one tensor: numpy 2 and torch's iterators stop at 64. */
export const MAX_RANK = 64;

/** Shards named by one index: models of a trillion parameters come in fewer than 300. */
export const MAX_SHARDS = 10_000;

/** Bytes of an `.npy` header: all that version 1 can say. numpy itself distrusts headers above 10 000 bytes. */
export const MAX_NPY_HEADER_BYTES = 65_535;

/** Members of one zip archive: one per tensor, plus a handful. */
export const MAX_ZIP_MEMBERS = MAX_TENSORS + 64;

/** Bytes of a zip's central directory: 46 bytes and a short name a member. */
export const MAX_ZIP_DIRECTORY_BYTES = 256 * 1024 * 1024;

/**
 * Inflated bytes of one compressed member, which has to be held in memory: a 262 144 × 2 048 float32 embedding.
 */
export const MAX_INFLATED_BYTES = 2 * 1024 * 1024 * 1024;

/** Deflate cannot exceed a ratio of 1032 : 1 (258 bytes from a match of two bits). A member that claims more is corrupt. */
export const MAX_DEFLATE_RATIO = 1032;

/** Bytes of `data.pkl` in a PyTorch archive: about 150 a tensor, so this allows 800 000 tensors. */
export const MAX_PICKLE_BYTES = 128 * 1024 * 1024;

/** Containers, tensors and dict entries that a pickle builds: about eight a tensor; as empty dicts they take 1 GB. */
export const MAX_PICKLE_OBJECTS = 6_000_000;

/** Values that wait on a pickle's stack, and that its memo holds: writers store items by the thousand, and memoize ten a tensor. */
export const MAX_PICKLE_STACK = 8_000_000;

/** Groups of a pickle open at once: a few for each level of nesting. */
export const MAX_PICKLE_MARKS = 10_000;

/** Nesting of dicts and lists in a pickled checkpoint; optimizer states nest five deep. */
export const MAX_PICKLE_DEPTH = 64;

/** Values met while names are collected from a pickled checkpoint: four a tensor. Stops containers that repeat each other. */
export const MAX_PICKLE_VISITS = 4 * MAX_TENSORS;

/** Characters of a tensor's name in a pickled checkpoint; real ones stay below 200. */
export const MAX_NAME_LENGTH = 4096;

/** Bytes of a tensor that repeats its storage (`expand`): such views are masks and position tables, not weights. */
export const MAX_EXPANDED_BYTES = 1024 * 1024 * 1024;

/** Bytes of storage kept in memory while a transposed tensor is read; beyond it each run of elements is read from the file. */
export const MAX_CACHED_SPAN_BYTES = 1024 * 1024 * 1024;

/** Nesting of groups in an HDF5 file: layers within layers stay below 20. */
export const MAX_HDF5_DEPTH = 64;

/** Bytes that an HDF5 dataset may claim beyond what its file could hold: what was never written reads as its fill value. */
export const MAX_HDF5_FILL_BYTES = 64 * 1024 * 1024;

/** Bytes of one HDF5 dataset of strings, which has to be held in memory: a vocabulary of a million words. */
export const MAX_HDF5_TEXT_BYTES = 64 * 1024 * 1024;

/** Objects of a TF2 checkpoint's graph: about ten for each variable. */
export const MAX_OBJECT_GRAPH_NODES = 10_000_000;
