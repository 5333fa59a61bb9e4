import type { LazyTensor } from "./types.js";

/**
 * The names of a layer's variables in the order in which Keras 3 numbers them under `vars` (trainable ones first), by the kind of
 * layer that its path states (the class in snake case). Where a setting leaves some out (`use_bias=False`, `scale=False`), their
 * number tells which are there, or nothing does and no name is given.
 */
const VARIABLES: readonly {
  readonly kinds: RegExp;
  readonly names: Readonly<Record<number, readonly string[]>>;
}[] = [
  {
    kinds: /^(dense|einsum_dense|conv[123]d(_transpose)?|depthwise_conv[12]d)$/,
    names: { 1: ["kernel"], 2: ["kernel", "bias"] },
  },
  {
    kinds: /^separable_conv[12]d$/,
    names: { 2: ["depthwise_kernel", "pointwise_kernel"], 3: ["depthwise_kernel", "pointwise_kernel", "bias"] },
  },
  { kinds: /^embedding$/, names: { 1: ["embeddings"] } },
  {
    kinds: /^batch_normalization$/,
    names: { 2: ["moving_mean", "moving_variance"], 4: ["gamma", "beta", "moving_mean", "moving_variance"] },
  },
  { kinds: /^(layer|group)_normalization$/, names: { 2: ["gamma", "beta"] } },
  { kinds: /^p_re_lu$/, names: { 1: ["alpha"] } },
  {
    kinds: /^(lstm|gru|simple_rnn)_cell$/,
    names: { 2: ["kernel", "recurrent_kernel"], 3: ["kernel", "recurrent_kernel", "bias"] },
  },
];

/** A cell lies under its layer as `cell`; which cell it is, the layer's own kind tells. */
const CELL_OF = /^(lstm|gru|simple_rnn)$/;

/**
 * Readable names of Keras 3's numbered variables: `layers/conv2d_1/vars/0` → `layers/stem/kernel`, where the file gives the layer
 * the name `stem`. Only names that are unique are given.
 *
 * @param nameOf the text attribute `name` of a group, by its path
 */
export function labelVariables(
  tensors: readonly LazyTensor[],
  nameOf: (path: string) => string | undefined,
): ReadonlyMap<string, string> {
  const groups = new Map<string, string[]>();
  for (const { name } of tensors) {
    const match = /^(.*?)\/?\bvars\/\d+$/.exec(name);
    if (match?.[1] !== undefined) groups.set(match[1], [...(groups.get(match[1]) ?? []), name]);
  }
  const found = new Map<string, string>();
  for (const [owner, members] of groups) {
    const names = namesOf(owner, members.length);
    if (names === undefined) continue;
    const readable = readablePath(owner, nameOf);
    members.forEach((member, i) => {
      if (names[i] !== undefined) found.set(member, `${readable}/${names[i]}`);
    });
  }
  return unique(found);
}

/**
 * Readable names of the older format's variables, which lie in a group of their layer under names of their own:
 * `model_weights/dense/dense/kernel:0` → `dense/kernel`.
 *
 * @param group the group whose groups are the layers: `model_weights/` in a whole model, "" in a file of weights alone
 */
export function labelOlderVariables(tensors: readonly LazyTensor[], group: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name } of tensors) {
    const label = /^[^/]+\/(.+?)(?::\d+)?$/.exec(name.startsWith(group) ? name.slice(group.length) : "")?.[1];
    if (label !== undefined) found.set(name, label);
  }
  return unique(found);
}

function unique(labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const times = new Map<string, number>();
  for (const label of labels.values()) times.set(label, (times.get(label) ?? 0) + 1);
  return new Map([...labels].filter(([, label]) => times.get(label) === 1));
}

function namesOf(owner: string, count: number): readonly string[] | undefined {
  const parts = owner.split("/");
  const kindAt = (at: number): string => (parts.at(at) ?? "").replace(/_\d+$/, "");
  const outer = kindAt(-2);
  const kind = kindAt(-1) === "cell" && CELL_OF.test(outer) ? `${outer}_cell` : kindAt(-1);
  return VARIABLES.find(({ kinds }) => kinds.test(kind))?.names[count];
}

/** Each part of the path under the name that the file gives it: Keras writes a layer's name on its group `vars`. */
function readablePath(owner: string, nameOf: (path: string) => string | undefined): string {
  const parts = owner.split("/");
  return parts
    .map((part, i) => {
      // Only layers of a list are named by their class; an attribute of the model (`self.stem`) says more than "conv2d_1".
      const isListed = i > 0 && parts[i - 1] === "layers";
      const name = isListed ? nameOf(`${parts.slice(0, i + 1).join("/")}/vars`) : undefined;
      return name === undefined || name === "" || name.includes("/") ? part : name;
    })
    .join("/");
}
