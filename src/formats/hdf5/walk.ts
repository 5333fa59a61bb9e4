import { formatError, ParityError } from "../../errors.js";
import { MAX_HDF5_DEPTH, MAX_TENSORS } from "../limits.js";
import type { DatasetMetadata } from "./library.js";
import type { LibraryFile } from "./open-library-file.js";

/** A dataset and the paths by which it is reached, without the leading slash. */
export interface FoundDataset {
  readonly path: string;
  /** Hard or soft links to the same dataset. */
  readonly others: string[];
  readonly metadata: DatasetMetadata;
}

/**
 * Every dataset of a file, groups in the library's order with numbers counted as numbers (`vars/2` before `vars/10`). A group that
 * is reached twice is walked once. Throws FORMAT_UNSUPPORTED for links into other files and for datasets put together from other
 * files, FORMAT_INVALID beyond the limits of depth and number.
 */
export function findDatasets(file: LibraryFile): FoundDataset[] {
  const found = new Map<string, FoundDataset>();
  const walked = new Set([identityOf(file, "")]);
  const open: { readonly path: string; readonly depth: number }[] = [{ path: "", depth: 0 }];
  let entries = 0;
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const { path, depth } = group;
    if (depth > MAX_HDF5_DEPTH) throw formatError(`groups are nested deeper than ${MAX_HDF5_DEPTH}`, file.where);
    const names = file.ask(`the group /${path}`, (hdf5) => hdf5.get_names(file.id, `/${path}`, false));
    entries += names.length;
    if (entries > MAX_TENSORS) throw formatError(`the file holds more than ${MAX_TENSORS} entries`, file.where);
    const groups: string[] = [];
    for (const name of names.sort(byNumber)) {
      const child = path === "" ? name : `${path}/${name}`;
      const kind = kindOf(file, child);
      if (kind === "neither") continue;
      const identity = identityOf(file, child);
      if (kind === "group") {
        if (!walked.has(identity)) groups.push(child);
        walked.add(identity);
        continue;
      }
      const known = found.get(identity);
      if (known !== undefined) known.others.push(child);
      else found.set(identity, { path: child, others: [], metadata: metadataOf(file, child) });
    }
    for (const child of groups.reverse()) open.push({ path: child, depth: depth + 1 });
  }
  return [...found.values()];
}

/** Equal for two paths to the same thing. */
function identityOf(file: LibraryFile, path: string): string {
  return file.ask(`/${path}`, (hdf5) => Buffer.from(hdf5.create_object_reference(file.id, `/${path}`)).toString("hex"));
}

function kindOf(file: LibraryFile, path: string): "group" | "dataset" | "neither" {
  const { module } = file.library;
  const type = file.ask(`/${path}`, (hdf5) => hdf5.get_type(file.id, `/${path}`));
  if (type === module.H5G_UDLINK) {
    throw new ParityError("FORMAT_UNSUPPORTED", `/${path} is a link into another file, which is not followed`, {
      where: { ...file.where, key: path },
      hint: "Write one file that holds all tensors itself.",
    });
  }
  if (type === module.H5G_GROUP) return "group";
  // A named type, or a soft link to nothing.
  return type === module.H5G_DATASET ? "dataset" : "neither";
}

function metadataOf(file: LibraryFile, path: string): DatasetMetadata {
  const metadata = file.ask(`/${path}`, (hdf5) => hdf5.get_dataset_metadata(file.id, `/${path}`));
  if ((metadata.virtual_sources?.length ?? 0) === 0) return metadata;
  throw new ParityError("FORMAT_UNSUPPORTED", `/${path} is put together from other files, which are not opened`, {
    where: { ...file.where, key: path },
    hint: "Write one file that holds all tensors itself.",
  });
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

function byNumber(a: string, b: string): number {
  return COLLATOR.compare(a, b) || (a < b ? -1 : 1);
}
