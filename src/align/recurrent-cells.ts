import { namedDirection } from "./cell-direction.js";
import { type CellKind, GATES } from "./port-cells.js";
import { tokenize } from "./tokens.js";
import type { ReferenceVariable } from "./types.js";

/** One cell of the original, found by the names and shapes of its variables. */
export interface OriginalCell {
  readonly scope: string;
  /** `joined`: one kernel for input and state, as TF1 cells have; `keras`: a kernel for each; `gru`: TF1's gates and candidate. */
  readonly format: "joined" | "keras" | "gru";
  readonly kind: CellKind;
  readonly inputs: number;
  readonly hidden: number;
  /** Null where the names say neither. */
  readonly reverse: boolean | null;
  readonly kernel: ReferenceVariable;
  readonly recurrent: ReferenceVariable | null;
  readonly bias: ReferenceVariable | null;
  readonly candidate: { readonly kernel: ReferenceVariable; readonly bias: ReferenceVariable | null } | null;
}

const KERNELS: ReadonlySet<string> = new Set(["kernel", "weights", "weight", "w"]);
const BIASES: ReadonlySet<string> = new Set(["bias", "biases", "b"]);

/** The key without what an object-based checkpoint appends. */
function plainKey(key: string): string {
  return key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, "");
}

/** The original's recurrent cells whose variables are all free, in natural order of their scopes (cell_2 before cell_10). */
export function findOriginalCells(variables: readonly ReferenceVariable[]): OriginalCell[] {
  const scopes = new Map<string, Map<string, ReferenceVariable>>();
  for (const variable of variables) {
    const key = plainKey(variable.key);
    const at = key.lastIndexOf("/");
    const own = scopes.get(key.slice(0, Math.max(0, at))) ?? new Map<string, ReferenceVariable>();
    own.set(key.slice(at + 1).toLowerCase(), variable);
    scopes.set(key.slice(0, Math.max(0, at)), own);
  }
  const cells = [...scopes].flatMap(([scope, own]): OriginalCell[] => {
    const kernel = pick(own, KERNELS);
    const bias = pick(own, BIASES);
    const recurrent = own.get("recurrent_kernel") ?? null;
    if (kernel === null || kernel.shape.length !== 2) return [];
    const [rows = 0, columns = 0] = kernel.shape;
    const head = { scope, reverse: namedDirection(scope), kernel, bias, candidate: null };
    if (recurrent !== null) {
      const hidden = recurrent.shape[0] ?? 0;
      const kind = GATES[columns / hidden];
      if (kind === undefined) return [];
      return [{ ...head, format: "keras", kind, inputs: rows, hidden, recurrent }];
    }
    if (/(^|\/)gates$/.test(scope)) {
      const other = scopes.get(scope.replace(/gates$/, "candidate"));
      const candidate = other === undefined ? null : pick(other, KERNELS);
      const hidden = columns / 2;
      if (other === undefined || candidate?.shape[1] !== hidden || candidate.shape[0] !== rows) return [];
      const both = { kernel: candidate, bias: pick(other, BIASES) };
      return [{ ...head, format: "gru", kind: "gru", inputs: rows - hidden, hidden, recurrent: null, candidate: both }];
    }
    const words = tokenize(scope);
    const named = (word: string): boolean => words.some((token) => typeof token === "string" && token.includes(word));
    if (columns % 4 === 0 && rows > columns / 4 && named("lstm"))
      return [{ ...head, format: "joined", kind: "lstm", inputs: rows - columns / 4, hidden: columns / 4, recurrent }];
    if (rows > columns && named("rnn") && named("cell"))
      return [{ ...head, format: "joined", kind: "rnn", inputs: rows - columns, hidden: columns, recurrent }];
    return [];
  });
  return cells.sort((a, b) => compareNaturally(a.scope, b.scope));
}

/** Numbers by their size, everything else by code: `lstm/…` before `lstm_1/…` before `lstm_10/…`. */
function compareNaturally(a: string, b: string): number {
  const [left, right] = [a.split(/(\d+)/), b.split(/(\d+)/)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = "", y = ""] = [left[i], right[i]];
    if (x === y) continue;
    return i % 2 === 1 && Number(x) !== Number(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function pick(own: ReadonlyMap<string, ReferenceVariable>, names: ReadonlySet<string>): ReferenceVariable | null {
  for (const [name, variable] of own) if (names.has(name)) return variable;
  return null;
}
