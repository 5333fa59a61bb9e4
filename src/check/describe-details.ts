import { layoutForCase } from "../align/relate-shapes.js";
import { describeTensors } from "../compare/detail/describe-tensors.js";
import type { Situation } from "../diagnose/situation.js";
import type { LazyTensor } from "../formats/types.js";
import type { Tap } from "../recording/types.js";
import type { DetailCall, LayerDetail } from "../report/details.js";
import { isInScope } from "../tensorflow/scopes.js";
import { type TwoSides, worstCase } from "./compare-pairs.js";
import { sizeOfDetails } from "./detail-size.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { type CaseShape, nameAxes } from "./name-axes.js";
import type { Sides } from "./run-sides.js";

/** Ops of the original that are listed for a layer that differs, and for one that agrees. */
const MOST_OPS = { differing: 48, healthy: 12 };
/** Ops that only bring in what others compute with. */
const SILENT_OPS = /^(Const|Identity|ReadVariableOp|NoOp|VarHandleOp|Variable|VariableV2|Placeholder)$/;

/**
 * What the page of each layer shows: of the case that decided, the tensors of the run that decided, small enough to travel with
 * the report. One per pair that was compared, in the order of `judged`. Reads the recordings, which must still be open.
 *
 * @param situations what was seen of the layers that were looked into, by pair
 * @param commandFor the command line that checks one layer alone, by the pair's id
 */
export function describeDetails(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  situations: ReadonlyMap<string, Situation>,
  commandFor: (pair: string) => string,
): LayerDetail[] {
  const shown = judged.pairs.filter((one) => one.judgement.verdict !== "not-compared");
  const differing = shown.filter(isDiffering).length;
  const sizes = {
    differing: sizeOfDetails("differing", differing),
    healthy: sizeOfDetails("healthy", shown.length - differing),
  };
  const hasImages = [...two.candidateTaps.values()].some((tap) => /^(Lazy)?Conv(Transpose)?2d$/.test(tap.type));
  const opsOf = listOps(sides);
  return shown.flatMap((one): LayerDetail[] => {
    const found = findTensors(one, judged, two);
    if (found === null) return [];
    const { reference, candidate, run, case: id } = found;
    const kind = isDiffering(one) ? "differing" : "healthy";
    const tap = two.candidateTaps.get(one.pair.candidate);
    const axes = nameAxes(caseShapes(sides, candidate.shape, tap?.shapes ?? {}), tap?.type ?? "", hasImages);
    const layout = layoutForCase(one.pair.layout, candidate.shape);
    const { shape, ...rest } = describeTensors(reference, candidate, layout, axes, sizes[kind]);
    return [
      {
        pair: one.pair.id,
        case: id,
        run,
        shape,
        axes,
        ...rest,
        calls: listCalls(situations.get(one.pair.id), id),
        ops: opsOf(two.referenceTaps.get(one.pair.reference)?.path ?? "", MOST_OPS[kind]),
        command: commandFor(one.pair.id),
      },
    ];
  });
}

function isDiffering({ judgement }: JudgedPair): boolean {
  return judgement.verdict === "mismatch" || judgement.verdict === "within-tolerance";
}

interface DecidingTensors {
  readonly reference: LazyTensor;
  readonly candidate: LazyTensor;
  readonly run: LayerDetail["run"];
  readonly case: string;
}

/** The tensors on which the pair was judged. */
function findTensors(one: JudgedPair, judged: Judged, two: TwoSides): DecidingTensors | null {
  const deciding = one.decidedBy ?? worstCase(one.accumulated);
  const name = two.referenceTaps.get(one.pair.reference)?.tensor;
  if (deciding === null || name === undefined || name === null) return null;
  const isLocal = one.local.includes(deciding);
  const recording = isLocal ? judged.forced?.recording : two.candidate;
  const reference = two.reference.tensor(deciding.case, name);
  const candidate = recording?.tensor(deciding.case, one.pair.candidate);
  if (reference === undefined || candidate === undefined) return null;
  return { reference, candidate, run: isLocal ? "local" : "accumulated", case: deciding.case };
}

/** A tap's shape in every case where it has as many axes as the one that is shown, with the sizes of the case. */
function caseShapes(sides: Sides, shown: readonly number[], shapes: Tap["shapes"]): CaseShape[] {
  const own = sides.cases.flatMap(({ id, inputs }): CaseShape[] => {
    const shape = shapes[id];
    return shape === undefined || shape.length !== shown.length ? [] : [{ shape, ...sizesOf(inputs) }];
  });
  return own.length > 0 ? own : [{ shape: shown, batch: null, tokens: null }];
}

/** Sizes of batch and sequence, from the inputs: token ids are batch × tokens, sequences batch × tokens × features. */
function sizesOf(inputs: Sides["cases"][number]["inputs"]): Pick<CaseShape, "batch" | "tokens"> {
  const ids = inputs.find(({ dtype, shape }) => /^u?int/.test(dtype) && shape.length === 2);
  const sequence = ids ?? inputs.find(({ dtype, shape }) => dtype.startsWith("float") && shape.length === 3);
  return {
    batch: (sequence ?? inputs.find(({ shape }) => shape.length > 1))?.shape[0] ?? null,
    tokens: sequence?.shape[1] ?? null,
  };
}

/** The calls of a layer that was looked into. Their shapes are shown only where they are of the same case. */
function listCalls(situation: Situation | undefined, id: string): DetailCall[] {
  if (situation === undefined) return [];
  return situation.ops.map((op) => ({
    name: op.qualname.replace(/^torch\.nn\.functional\./, "F.").replace(/^torch\.Tensor\./, "Tensor."),
    source: op.source,
    shape: situation.layer.case === id ? (situation.tensors.get(op.outputs[0] ?? "")?.shape ?? null) : null,
  }));
}

/** The ops of a scope that compute something, in order of execution; the scope "" is the whole model. */
function listOps({ original }: Sides): (scope: string, limit: number) => LayerDetail["ops"] {
  const { graph, pass } = original;
  const ops = [...pass.flow]
    .flatMap((name) => graph.nodes.get(name) ?? [])
    .filter((node) => !SILENT_OPS.test(node.op))
    .sort((a, b) => (graph.position.get(a.name) ?? 0) - (graph.position.get(b.name) ?? 0))
    .map((node) => ({ name: node.name, type: node.op }));
  const known = new Map<string, LayerDetail["ops"]["shown"]>();
  return (scope, limit) => {
    const own = known.get(scope) ?? ops.filter(({ name }) => scope === "" || isInScope(name, scope));
    known.set(scope, own);
    return { shown: own.slice(0, limit), cut: Math.max(0, own.length - limit) };
  };
}
