import { namedDirection } from "./cell-direction.js";
import type { CandidateParameter } from "./types.js";

export type CellKind = "lstm" | "gru" | "rnn";

/** One layer and direction of a recurrent cell of the port: of torch's own modules, or written by hand with a kernel each for input and state. */
export interface PortCell {
  readonly owner: string;
  readonly layer: number;
  /** Null where the names do not say. */
  readonly reverse: boolean | null;
  readonly kind: CellKind;
  readonly inputs: number;
  readonly hidden: number;
  /** Not one of torch's names: its order of gates is its own affair, and it can compute what torch's modules cannot. */
  readonly byHand: boolean;
  /** Kernels are stored [in, out], as the original's. */
  readonly transposed: boolean;
  readonly names: {
    readonly ih: string;
    readonly hh: string;
    readonly biasIh: string | null;
    readonly biasHh: string | null;
    /** One bias for both products. */
    readonly bias: string | null;
  };
}

export const GATES: Readonly<Record<number, CellKind>> = { 4: "lstm", 3: "gru", 1: "rnn" };

type Role = keyof PortCell["names"];

const KERNEL_WORDS: ReadonlySet<string> = new Set(["weight", "w", "kernel"]);
const BIAS_WORDS: ReadonlySet<string> = new Set(["bias", "b"]);
const INPUT_WORDS = /^(ih|xh|x|i|in|input|x2h|i2h|wih|wx|wi)$/;
const STATE_WORDS = /^(hh|h|r|rec|recurrent|state|h2h|u|whh|wh)$/;
/** What nn.RNNBase appends to the parameters of a layer and direction: `_l0`, `_l1_reverse`. */
const SUFFIX = /_l(\d+)(_reverse)?$/;

interface Found {
  readonly owner: string;
  readonly suffix: string;
  readonly role: Role;
  readonly parameter: CandidateParameter;
}

/** The recurrent cells of the port, in the order of the parameters. */
export function findPortCells(parameters: readonly CandidateParameter[]): PortCell[] {
  const groups = new Map<string, Found[]>();
  for (const parameter of parameters) {
    const found = readName(parameter);
    if (found === null) continue;
    const id = `${found.owner} ${found.suffix}`;
    groups.set(id, [...(groups.get(id) ?? []), found]);
  }
  return [...groups.values()].flatMap((group) => readCell(group, groups) ?? []);
}

function readName(parameter: CandidateParameter): Found | null {
  const parts = parameter.name.split(".");
  const leaf = parts.at(-1) ?? "";
  const own = parts.slice(0, -1);
  const suffix = SUFFIX.exec(leaf)?.[0] ?? "";
  const role = roleOf(leaf.slice(0, leaf.length - suffix.length), parameter.shape.length);
  // nn.Linear layers of a cell: `cell.x2h.weight`.
  const inner = own.at(-1);
  if (inner !== undefined && /^(weight|bias)$/.test(leaf)) {
    const nested = roleOf(inner, parameter.shape.length);
    if (nested !== null && nested !== "bias")
      return { owner: own.slice(0, -1).join("."), suffix: "", role: nested, parameter };
  }
  return role === null ? null : { owner: own.join("."), suffix, role, parameter };
}

function roleOf(name: string, rank: number): Role | null {
  const words = name.toLowerCase().split("_");
  const rest = words.filter((word) => !KERNEL_WORDS.has(word) && !BIAS_WORDS.has(word));
  if (rank !== 1 && rank !== 2) return null;
  const [word, ...more] = rest;
  if (more.length > 0) return null;
  if (word === undefined) return rank === 2 ? (words.some((one) => KERNEL_WORDS.has(one)) ? "ih" : null) : "bias";
  if (INPUT_WORDS.test(word)) return rank === 2 ? "ih" : "biasIh";
  if (STATE_WORDS.test(word)) return rank === 2 ? "hh" : "biasHh";
  return null;
}

function readCell(group: readonly Found[], groups: ReadonlyMap<string, unknown>): PortCell | null {
  const of = (role: Role): CandidateParameter | undefined => group.find((one) => one.role === role)?.parameter;
  const [ih, hh] = [of("ih"), of("hh")];
  const first = group[0];
  if (ih === undefined || hh === undefined || first === undefined) return null;
  const sizes = readSizes(ih.shape, hh.shape);
  if (sizes === null) return null;
  const { owner, suffix } = first;
  const biasOf = (role: Role): string | null => {
    const one = of(role);
    return one !== undefined && one.shape[0] === sizes.columns ? one.name : null;
  };
  const byHand = !/(^|\.)weight_ih(_l\d+)?(_reverse)?$/.test(ih.name);
  const isBackward = suffix.endsWith("_reverse");
  const hasBackward = groups.has(`${owner} ${suffix}_reverse`);
  return {
    owner,
    layer: Number(SUFFIX.exec(suffix)?.[1] ?? 0),
    reverse: isBackward ? true : hasBackward ? false : namedDirection(owner),
    kind: sizes.kind,
    inputs: sizes.inputs,
    hidden: sizes.hidden,
    byHand,
    transposed: sizes.transposed,
    names: {
      ih: ih.name,
      hh: hh.name,
      biasIh: biasOf("biasIh"),
      biasHh: biasOf("biasHh"),
      bias: of("biasIh") === undefined && of("biasHh") === undefined ? biasOf("bias") : null,
    },
  };
}

function readSizes(ih: readonly number[], hh: readonly number[]) {
  const [a = 0, b = 0] = hh;
  const torch = GATES[a / b];
  if (torch !== undefined && ih[0] === a)
    return { kind: torch, inputs: ih[1] ?? 0, hidden: b, columns: a, transposed: false };
  const turned = GATES[b / a];
  if (turned !== undefined && ih[1] === b)
    return { kind: turned, inputs: ih[0] ?? 0, hidden: a, columns: b, transposed: true };
  return null;
}
