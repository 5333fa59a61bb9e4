import { elementCount } from "../formats/dtype.js";
import type { Step } from "./relation.js";

/** A tensor held as plain numbers, row-major. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** Elements from one index to the next along each axis of a row-major tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

/** The tensor after all steps. Sizes must fit: a step that does not is a programming error. */
export function applySteps(tensor: PlainTensor, steps: readonly Step[]): PlainTensor {
  return steps.reduce(applyStep, tensor);
}

function applyStep({ shape, values }: PlainTensor, step: Step): PlainTensor {
  switch (step.kind) {
    case "reshape":
      return { shape: step.shape, values };
    case "permute":
      return gather(values, shape, step.axes, (index) => index);
    case "flip":
      return gather(values, shape, null, (index, axis, size) => (step.axes.includes(axis) ? size - 1 - index : index));
    case "select":
      return gather(values, shape, null, (index, axis) => (axis === step.axis ? (step.order[index] ?? 0) : index));
    case "multiply":
      return { shape, values: values.map((value) => value * step.by) };
    case "add":
      return { shape, values: values.map((value) => value + step.value) };
    case "multiply-along":
    case "add-along": {
      const inner = elementCount(shape.slice(step.axis + 1));
      const size = shape[step.axis] ?? 1;
      const of = (i: number): number => step.values[Math.floor(i / inner) % size] ?? 0;
      return {
        shape,
        values: values.map((value, i) => (step.kind === "add-along" ? value + of(i) : value * of(i))),
      };
    }
  }
}

/** Every element of the result is read from where `place` puts its index; axes permuted first. */
function gather(
  values: Float32Array | Float64Array,
  shape: readonly number[],
  axes: readonly number[] | null,
  place: (index: number, axis: number, size: number) => number,
): PlainTensor {
  const permute = axes ?? shape.map((_, axis) => axis);
  const strides = stridesOf(shape);
  const sizes = permute.map((axis) => shape[axis] ?? 1);
  const out = values.slice();
  const index = sizes.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    for (let axis = 0; axis < sizes.length; axis++)
      from += place(index[axis] ?? 0, axis, sizes[axis] ?? 1) * (strides[permute[axis] ?? 0] ?? 0);
    out[i] = values[from] ?? 0;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next < (sizes[axis] ?? 1) ? next : 0;
      if (next < (sizes[axis] ?? 1)) break;
    }
  }
  return { shape: sizes, values: out };
}

/** The steps as one line of Python on a tensor. Long vectors are shortened: the code is to be read. */
export function stepsAsPython(steps: readonly Step[], shape: readonly number[], tensor: string): string {
  let rank = shape.length;
  return steps.reduce((code, step) => {
    switch (step.kind) {
      case "reshape":
        rank = step.shape.length;
        return `${code}.reshape(${step.shape.join(", ")})`;
      case "permute":
        return `${code}.permute(${step.axes.join(", ")})`;
      case "flip":
        return `${code}.flip(${step.axes.join(", ")})`;
      case "select":
        return `${code}.index_select(${step.axis}, torch.tensor(${list(step.order)}))`;
      case "multiply":
        return step.by === -1 ? `-${code}` : `(${code} * ${step.by})`;
      case "add":
        return `(${code} ${step.value < 0 ? "-" : "+"} ${Math.abs(step.value)})`;
      default: {
        const broadcast = Array.from({ length: rank }, (_, axis) => (axis === step.axis ? -1 : 1)).join(", ");
        const vector = `torch.tensor(${list(step.values)})${rank === 1 ? "" : `.reshape(${broadcast})`}`;
        return `(${code} ${step.kind === "add-along" ? "+" : "*"} ${vector})`;
      }
    }
  }, tensor);
}

function list(values: readonly number[]): string {
  const shown = values.length > 16 ? [...values.slice(0, 8), "…", values.at(-1)] : values;
  return `[${shown.join(", ")}]`;
}
