import { ParityError } from "../errors.js";
import type { DType } from "../formats/types.js";
import { hashInput } from "../inputs/hash-input.js";
import { isLookup, lookupsIn } from "../onnx/lookups.js";
import type { OnnxTap } from "../onnx/taps.js";
import { makeVariant } from "../onnx/variant.js";
import type { CandidateCase, Replacement } from "./candidate.js";
import { forcedValue, type KnownTensor, tapsByTensor } from "./onnx-force.js";
import type { OnnxCandidateModel } from "./onnx-model.js";
import type { Conditions, LoadedVariant, OnnxRuns } from "./onnx-run.js";
import { castValue, jitterValue, permuteValue, readValue, type Value } from "./onnx-values.js";

/** One run of the model over some cases. */
export interface OnnxRunRequest {
  readonly cases: readonly CandidateCase[];
  readonly taps: readonly OnnxTap[];
  readonly conditions: Conditions;
  readonly replace: readonly Replacement[];
  /** Parameters that hold something else in this run. */
  readonly changed: ReadonlyMap<string, Value>;
  readonly scratch: string;
}

/** What the taps held in a case, before they were replaced. */
export interface OnnxCaseResult {
  readonly id: string;
  readonly seconds: number;
  readonly values: ReadonlyMap<string, Value>;
  /** sha256 of each input as it was read, by its name in the inputs file. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Runs the model under teacher forcing, perturbed, in float64 and with other weights, by changing the graph. */
export class OnnxRecorder {
  /** Type and shape of each tapped tensor, by case. */
  private readonly known = new Map<string, ReadonlyMap<string, KnownTensor>>();
  private readonly byTensor: ReadonlyMap<string, readonly OnnxTap[]>;

  constructor(
    private readonly model: OnnxCandidateModel,
    private readonly runs: OnnxRuns,
  ) {
    this.byTensor = tapsByTensor(model.understood.taps);
  }

  async *run(request: OnnxRunRequest): AsyncGenerator<OnnxCaseResult> {
    const { cases, replace } = request;
    if (replace.length > 0) await this.learnShapes(request);
    // What is replaced is part of the graph: cases in which the same tensors are share a session.
    const groups = new Map<string, { cases: CandidateCase[]; replaced: Map<string, DType> }>();
    for (const one of cases) {
      const replaced = this.replacedIn(one, replace);
      const key = JSON.stringify([...replaced]);
      const group = groups.get(key) ?? { cases: [], replaced };
      group.cases.push(one);
      groups.set(key, group);
    }
    for (const group of groups.values()) yield* this.runGroup(request, group.cases, group.replaced);
  }

  private async *runGroup(
    request: OnnxRunRequest,
    cases: readonly CandidateCase[],
    replaced: ReadonlyMap<string, DType>,
  ): AsyncGenerator<OnnxCaseResult> {
    const { conditions, scratch } = request;
    const edited = this.model.initializersWith(request.changed);
    const wanted = [...new Set(request.taps.map((tap) => tap.tensor))];
    const jitter = conditions.perturb?.kind === "jitter" ? conditions.perturb.seed : null;
    // Rows of a table are moved where they are looked up: first they are recorded, then they are fed.
    const { view } = this.model.understood;
    const plain = makeVariant(view, { wanted, replaced, edited });
    const lookups = jitter === null ? [] : lookupsIn(view, plain);
    const all = new Map([...replaced, ...lookups]);
    const steps: LoadedVariant[] = [];
    try {
      if (lookups.length > 0) {
        const names = lookups.map(([name]) => name);
        steps.push(await this.runs.load({ wanted: names, replaced, edited }, conditions, scratch));
      }
      steps.push(await this.runs.load({ wanted, replaced: all, edited }, conditions, scratch));
      for (const one of cases) yield await this.runCase(request, one, steps, lookups, jitter);
    } finally {
      for (const step of steps) await step.session.close();
    }
  }

  private async runCase(
    request: OnnxRunRequest,
    one: CandidateCase,
    steps: readonly LoadedVariant[],
    lookups: readonly (readonly [string, DType])[],
    jitter: number | null,
  ): Promise<OnnxCaseResult> {
    const moved = (value: Value, name: string): Value => (jitter === null ? value : jitterValue(value, jitter, name));
    const inputs: Record<string, string> = {};
    const given = this.readInputs(one, inputs);
    const forced = this.forcedIn(one, request.replace);
    const feedsOf = (variant: LoadedVariant, rows: ReadonlyMap<string, Value>): Map<string, Value> =>
      new Map(
        [...variant.inputs].map(([name, dtype]) => {
          const row = rows.get(name);
          if (row !== undefined) return [name, row];
          const value = forced.get(name)?.at(-1)?.value ?? given.get(name);
          if (value === undefined) throw missingInput(name);
          return [name, moved(castValue(value, dtype), name)];
        }),
      );
    const [first, last] = steps.length > 1 ? [steps[0], steps[1]] : [undefined, steps[0]];
    const rows = new Map<string, Value>();
    const start = performance.now();
    if (first !== undefined) {
      const names = lookups.map(([name]) => first.outputs.get(name) ?? name);
      const gave = await first.session.run(feedsOf(first, rows), names);
      for (const [i, [name]] of lookups.entries()) {
        const value = gave.get(names[i] ?? "");
        if (value !== undefined) rows.set(name, moved(value, name));
      }
    }
    if (last === undefined) throw new Error("no variant was loaded");
    const gave = await last.session.run(feedsOf(last, rows), [...new Set(last.outputs.values())]);
    const seconds = (performance.now() - start) / 1000;
    const values = new Map<string, Value>();
    for (const tap of request.taps) {
      const before = (forced.get(tap.tensor) ?? []).filter((each) => this.comesBefore(each.tap, tap)).at(-1)?.value;
      const computed = gave.get(last.outputs.get(tap.tensor) ?? "");
      // Rows that are replaced for their readers are moved where they are recorded.
      const isRow = jitter !== null && this.isLookup(tap.tensor);
      const own = isRow && computed !== undefined ? moved(computed, tap.tensor) : computed;
      const value = before ?? rows.get(tap.tensor) ?? own;
      if (value !== undefined) values.set(tap.id, value);
    }
    return { id: one.id, seconds, values, inputs };
  }

  private isLookup(tensor: string): boolean {
    const { view } = this.model.understood;
    const node = view.nodes[view.producer.get(tensor) ?? -1];
    return node !== undefined && isLookup(view, node);
  }

  /** Of two taps of one tensor: whether the one is the inner layer. */
  private comesBefore(one: string, other: OnnxTap): boolean {
    const taps = this.byTensor.get(other.tensor) ?? [];
    return taps.findIndex((tap) => tap.id === one) < taps.indexOf(other);
  }

  private readInputs(one: CandidateCase, hashes: Record<string, string>): Map<string, Value> {
    const { inputs } = this.model.understood.view;
    const given = new Map<string, Value>();
    for (const { parameter, position, file, tensor, permute } of one.inputs) {
      const name = parameter ?? inputs[position]?.name;
      const value = readValue(file, tensor);
      hashes[tensor] = hashInput({ dtype: value.dtype, shape: [...value.shape], data: value.bytes });
      if (name !== undefined) given.set(name, permute ? permuteValue(value, permute) : value);
    }
    return given;
  }

  private replacedIn(one: CandidateCase, replace: readonly Replacement[]): Map<string, DType> {
    const known = this.known.get(keyOf(one));
    const replaced = new Map<string, DType>();
    for (const { tap, files } of replace) {
      const tensor = this.tensorOf(tap);
      const about = known?.get(tensor);
      if (files[one.id] !== undefined && about !== undefined) replaced.set(tensor, about.dtype);
    }
    return replaced;
  }

  private forcedIn(
    one: CandidateCase,
    replace: readonly Replacement[],
  ): Map<string, { readonly tap: string; readonly value: Value }[]> {
    const known = this.known.get(keyOf(one));
    const forced = new Map<string, { tap: string; value: Value }[]>();
    const order = new Map(this.model.understood.taps.map((tap, i) => [tap.id, i]));
    const sorted = [...replace].sort((a, b) => (order.get(a.tap) ?? 0) - (order.get(b.tap) ?? 0));
    for (const each of sorted) {
      const tensor = this.tensorOf(each.tap);
      const about = known?.get(tensor);
      const value = about === undefined ? null : forcedValue(each, one.id, about.shape);
      if (value !== null) forced.set(tensor, [...(forced.get(tensor) ?? []), { tap: each.tap, value }]);
    }
    return forced;
  }

  private tensorOf(tap: string): string {
    const found = this.model.understood.taps.find((one) => one.id === tap);
    if (found !== undefined) return found.tensor;
    throw new ParityError("CANDIDATE_FAILED", `The ONNX model has no tap ${tap}.`, { where: { key: tap } });
  }

  /** Remembers what tapped tensors are like in a case; what is not remembered is found out by a run with nothing replaced. */
  private async learnShapes(request: OnnxRunRequest): Promise<void> {
    const open = request.cases.filter((one) => !this.known.has(keyOf(one)));
    if (open.length === 0) return;
    const taps = this.model.understood.taps;
    const conditions = { precision: "float32", perturb: null } as const;
    const run = this.run({ cases: open, taps, conditions, replace: [], changed: new Map(), scratch: request.scratch });
    for await (const result of run) {
      const one = open.find((each) => each.id === result.id);
      if (one !== undefined) this.remember(one, result);
    }
  }

  /** What a whole run with nothing replaced gave. */
  remember(one: CandidateCase, { values }: OnnxCaseResult): void {
    const known = new Map<string, KnownTensor>();
    for (const tap of this.model.understood.taps) {
      const value = values.get(tap.id);
      if (value !== undefined) known.set(tap.tensor, { dtype: value.dtype, shape: value.shape });
    }
    this.known.set(keyOf(one), known);
  }
}

/** A case under one order of its inputs' axes. */
function keyOf(one: CandidateCase): string {
  return JSON.stringify([one.id, one.inputs]);
}

function missingInput(name: string): ParityError {
  return new ParityError("INPUTS_INVALID", `The ONNX model has an input ${name}, which the case does not give.`, {
    where: { key: name },
  });
}
