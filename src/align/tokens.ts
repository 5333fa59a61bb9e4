/**
 * Names as the words they are made of, so that `model/h0/attn/c_attn` and `transformer.h.0.attn.c_attn` can be seen to be
 * the same. Numbers are compared as numbers.
 */
export type Token = string | number;

/** Leading words that only wrap a model and say nothing about the layer. */
const WRAPPERS: ReadonlySet<Token> = new Set([
  "model",
  "transformer",
  "module",
  "net",
  "network",
  "base",
  "backbone",
  "decoder",
  "encoder",
  "gpt",
  "bert",
  "lm",
]);

/** Words that mean the same in both worlds. Keys are what is found in names, values what they are compared as. */
const SYNONYMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    attention: "attn",
    attentions: "attn",
    selfattention: "attn",
    selfattn: "attn",
    layernorm: "ln",
    feedforward: "mlp",
    ffn: "mlp",
    ff: "mlp",
    dense: "fc",
    linear: "fc",
    embeddings: "embed",
    embedding: "embed",
    projection: "proj",
    convolution: "conv",
    batchnorm: "bn",
    h: "block",
    layer: "block",
    layers: "block",
    blocks: "block",
    groups: "group",
    q: "query",
    k: "key",
    v: "value",
  }),
);

/** Of each row a layer is one thing or another: names that say different ones are different layers, however alike the rest. */
const EXCLUSIVE: readonly (readonly string[])[] = [
  ["encoder", "decoder"],
  ["query", "key", "value"],
  ["attn", "mlp"],
  ["forward", "backward"],
  ["fw", "bw"],
];

/** Two words that are one when they stand together. */
const JOINED: ReadonlyMap<string, string> = new Map([
  ["layer norm", "ln"],
  ["batch norm", "bn"],
  ["self attn", "attn"],
  ["feed forward", "mlp"],
]);

/** The same names are split again and again: while weights and taps are matched, and in every run of a watch. */
const known = new Map<string, readonly Token[]>();
const MOST_KNOWN = 50_000;

/** Splits a scope, module path or variable name into canonical tokens: `ln_1` → ln 1, `layer_norm` → ln, `h0` → block 0. */
export function tokenize(name: string): Token[] {
  const before = known.get(name);
  if (before !== undefined) return [...before];
  if (known.size >= MOST_KNOWN) known.clear();
  const tokens = split(name);
  known.set(name, tokens);
  return [...tokens];
}

function split(name: string): Token[] {
  const words = name
    .replace(/:\d+$/, "")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .flatMap((part) => part.match(/[a-z]+|\d+/g) ?? [])
    .map((word): Token => (/^\d+$/.test(word) ? Number(word) : word));
  const tokens: Token[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Token;
    const next = words[i + 1];
    const first = typeof word === "string" ? (SYNONYMS.get(word) ?? word) : word;
    const joined =
      JOINED.get(`${word} ${next}`) ??
      JOINED.get(`${first} ${typeof next === "string" ? (SYNONYMS.get(next) ?? next) : next}`);
    if (joined !== undefined) {
      tokens.push(joined);
      i++;
    } else if (first === "block" && typeof next !== "number") {
      // "layer" without a number is a word like any other.
      tokens.push(word);
    } else {
      tokens.push(first);
    }
  }
  return tokens;
}

/** The tokens without the words in front that only wrap the model. */
export function withoutWrappers(tokens: readonly Token[]): Token[] {
  let start = 0;
  while (start < tokens.length && WRAPPERS.has(tokens[start] as Token)) start++;
  return tokens.slice(start);
}

/** One text per name that is equal for names that mean the same; "" for a name made of wrappers only. */
export function canonicalName(name: string): string {
  return withoutWrappers(tokenize(name)).join(" ");
}

/** Whether two names cannot mean the same layer: one says encoder where the other says decoder. */
export function namesContradict(a: readonly Token[], b: readonly Token[]): boolean {
  return EXCLUSIVE.some((words) => {
    const [left, right] = [a, b].map((tokens) => words.filter((word) => tokens.includes(word))) as [string[], string[]];
    return left.length > 0 && right.length > 0 && !left.some((word) => right.includes(word));
  });
}

/**
 * How alike two names are, 0 to 1: length of the longest common subsequence of their tokens over the longer name's
 * length. 0 when they contradict each other, and when their numbers differ: layer 3 is never layer 4.
 */
export function nameSimilarity(a: readonly Token[], b: readonly Token[]): number {
  const numbers = (tokens: readonly Token[]): string => tokens.filter((token) => typeof token === "number").join(" ");
  if (a.length === 0 || b.length === 0 || numbers(a) !== numbers(b) || namesContradict(a, b)) return 0;
  return longestCommonSubsequence(a, b, (x, y) => x === y).length / Math.max(a.length, b.length);
}

/** Index pairs of a longest common subsequence of two lists. O(n·m) time and memory. */
export function longestCommonSubsequence<A, B>(
  a: readonly A[],
  b: readonly B[],
  same: (x: A, y: B) => boolean,
): [number, number][] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = same(a[i] as A, b[j] as B) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (same(a[i] as A, b[j] as B) && at(i, j) === at(i + 1, j + 1) + 1) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
