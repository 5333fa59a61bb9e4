import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ParityError } from "../errors.js";
import { writeSafetensors } from "../formats/safetensors-write.js";
import { isNarrowWithin } from "../onnx/narrow.js";
import type { OnnxTap } from "../onnx/taps.js";
import type { SourcePlace } from "../recording/types.js";
import type { Experiment, ExperimentOutcome, RecordRequest, StoredWeight } from "./candidate.js";
import type { Edit, Trace, TracedTensor } from "./edits.js";
import { OnnxCandidateModel } from "./onnx-model.js";
import { compareOptimised } from "./onnx-optimised.js";
import { writeOnnxParameters } from "./onnx-parameters-file.js";
import { OnnxRecorder } from "./onnx-record.js";
import { writeRepairedModel } from "./onnx-repair.js";
import { NoDouble, OnnxRuns } from "./onnx-run.js";
import { loadOnnxruntime } from "./onnx-session.js";
import type { ProgressListener } from "./types.js";

interface OpenRequest {
  readonly entry: string;
  readonly weights: string | null;
  readonly threads: number;
}

interface Opened {
  readonly model: OnnxCandidateModel;
  readonly recorder: OnnxRecorder;
  readonly threads: number;
}

type Recorded = Pick<RecordRequest, "out" | "cases" | "force">;

/** What the worker of an ONNX candidate answers: docs/protocol.md, "Candidate". */
export class OnnxService {
  private readonly ort = loadOnnxruntime();
  private opened: Opened | null = null;
  private entry = "";

  async perform(method: string, params: never, progress: ProgressListener): Promise<unknown> {
    switch (method) {
      case "hello":
        return { onnxruntime: this.ort.env.versions.node ?? this.ort.env.versions.common };
      case "open":
        return this.open(params);
      case "weights":
        return this.weights(params);
      case "record":
        return this.record(params, progress);
      case "probe":
        return this.probe(params);
      case "trace":
        return this.trace(params);
      case "imports":
        return { files: this.files(), modules: [] };
      case "preload":
        return { loaded: 0 };
      case "close":
        return {};
      default:
        throw new Error(`unknown method ${method}`);
    }
  }

  private open({ entry, weights, threads }: OpenRequest): object {
    this.opened?.model.close();
    this.opened = null;
    this.entry = entry;
    const model = new OnnxCandidateModel(entry, weights);
    const recorder = new OnnxRecorder(model, new OnnxRuns(this.ort, model, threads));
    this.opened = { model, recorder, threads };
    return model.describe();
  }

  private current(): Opened {
    if (this.opened === null) throw new Error("no model is open");
    return this.opened;
  }

  private weights(params: {
    readonly out: string;
    readonly stored: Readonly<Record<string, StoredWeight>>;
    readonly edits: readonly Edit[];
  }): object {
    const { model } = this.current();
    const changed = model.edited(params.edits);
    if (!params.out.endsWith(".onnx")) return writeOnnxParameters(model, params.out, params.stored, changed);
    writeRepairedModel(model, params.out, changed);
    return { file: params.out, names: [...changed.keys()], equal: [] };
  }

  private async record(request: RecordRequest, progress: ProgressListener): Promise<object> {
    const { model, recorder, threads } = this.current();
    const { cases, out } = request;
    const taps = this.chosen(request.taps);
    const replace = request.force?.replace ?? [];
    const changed = model.edited(request.edits);
    const isFree = request.taps === "all" && replace.length === 0 && changed.size === 0;
    const isPlain = isFree && request.precision === "float32" && request.perturb === null;
    mkdirSync(out, { recursive: true });
    const shapes: Record<string, Record<string, readonly number[]>> = {};
    const dtypes: Record<string, string> = {};
    const seconds: Record<string, number> = {};
    const inputs: Record<string, string> = {};
    const warnings: string[] = [];
    progress(0, cases.length, "loading");
    const conditions = { precision: request.precision, perturb: request.perturb };
    const scratch = dirname(resolve(out));
    let done = 0;
    for await (const result of recorder.run({ cases, taps, conditions, replace, changed, scratch })) {
      const one = cases.find((each) => each.id === result.id);
      if (isPlain && one !== undefined) recorder.remember(one, result);
      writeSafetensors(
        join(out, `${result.id}.safetensors`),
        [...result.values].map(([name, { dtype, shape, bytes }]) => ({ name, dtype, shape, data: bytes })),
      );
      for (const [name, { dtype, shape }] of result.values) {
        shapes[name] = { ...shapes[name], [result.id]: shape };
        dtypes[name] = dtype;
      }
      seconds[result.id] = result.seconds;
      Object.assign(inputs, result.inputs);
      progress(++done, cases.length, `case ${result.id}`);
      if (isPlain && one !== undefined && warnings.length === 0) {
        warnings.push(...(await compareOptimised(this.ort, model, one, result, threads)));
      }
    }
    const recorded = taps.flatMap((tap) => {
      const dtype = dtypes[tap.id];
      return dtype === undefined ? [] : [this.describeTap(tap, dtype, shapes[tap.id] ?? {})];
    });
    return { taps: recorded, seconds, inputs, warnings };
  }

  private describeTap(tap: OnnxTap, dtype: string, shapes: Readonly<Record<string, readonly number[]>>): object {
    const { id, path, call, slot, isOutput } = tap;
    const source: SourcePlace | null = tap.source;
    const type = this.current().model.understood.modules.find((one) => one.path === path)?.class ?? "Scope";
    return { id, path, type, call, slot, dtype, shapes, source, isOutput };
  }

  private async probe(request: Recorded & { readonly experiments: readonly Experiment[] }): Promise<object> {
    const experiments: ExperimentOutcome[] = [];
    for (const one of request.experiments) experiments.push(await this.tryOne(request, one));
    return { experiments };
  }

  /** An experiment that cannot be made, or during which the model fails, is `failed`; it ends nothing. */
  private async tryOne(request: Recorded, { id, taps, edits }: Experiment): Promise<ExperimentOutcome> {
    const { model, recorder } = this.current();
    const folder = join(request.out, id);
    const outputs: Record<string, Record<string, { file: string; tensor: string }>> = {};
    for (const tap of taps) outputs[tap] = {};
    try {
      mkdirSync(folder, { recursive: true });
      const run = recorder.run({
        cases: request.cases,
        taps: this.chosen(taps),
        conditions: { precision: "float32", perturb: null },
        replace: request.force?.replace ?? [],
        changed: model.edited(edits),
        scratch: dirname(resolve(request.out)),
      });
      for await (const result of run) {
        const file = join(folder, `${result.id}.safetensors`);
        writeSafetensors(
          file,
          [...result.values].map(([name, { dtype, shape, bytes }]) => ({ name, dtype, shape, data: bytes })),
        );
        for (const tap of result.values.keys()) outputs[tap] = { ...outputs[tap], [result.id]: { file, tensor: tap } };
      }
      return { id, status: "ran", reason: null, outputs };
    } catch (error) {
      const isExpected =
        error instanceof NoDouble || (error instanceof ParityError && error.code.startsWith("CANDIDATE_"));
      if (!isExpected) throw error;
      return { id, status: "failed", reason: error.message, outputs: {} };
    }
  }

  /** Says of each tap whether its layer computes in 16 bits; more of a graph is not traced. */
  private trace({ taps, force }: Recorded & { readonly taps: readonly string[] }): { traces: readonly Trace[] } {
    const { view } = this.current().model.understood;
    const replaced = new Map(
      this.chosen((force?.replace ?? []).map((one) => one.tap)).map((tap) => [tap.tensor, "float32" as const]),
    );
    const reason = "an ONNX model is a graph, not code: what it computes inside of a layer is not traced";
    const traces = this.chosen(taps).map(({ id, tensor }): Trace => {
      const narrow = isNarrowWithin(view, tensor, replaced);
      const tensors: TracedTensor[] = narrow
        ? [{ id: "narrow", shape: [], dtype: "float16", origin: { kind: "other" }, stored: false }]
        : [];
      return { tap: id, ops: [], tensors, observed: null, file: null, reason };
    });
    return { traces };
  }

  private chosen(ids: "all" | readonly string[]): readonly OnnxTap[] {
    const { taps } = this.current().model.understood;
    if (ids === "all") return taps;
    return ids.map((id) => {
      const found = taps.find((tap) => tap.id === id);
      if (found === undefined) throw new ParityError("CANDIDATE_FAILED", `The ONNX model has no tap ${id}.`);
      return found;
    });
  }

  /** The model and the files beside it that hold its weights. */
  private files(): string[] {
    if (this.opened === null) return [resolve(this.entry)];
    const { file } = this.opened.model;
    const locations = file.model.graph.initializers.flatMap((one) =>
      one.data.kind === "external" ? [file.external.path(one.data.location, one.name)] : [],
    );
    return [resolve(this.entry), ...new Set(locations)];
  }
}
