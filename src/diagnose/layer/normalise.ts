import type { Expression } from "../../runners/edits.js";
import { call, callWith } from "../express.js";

export interface Normalisation {
  /** Axes of the statistics. */
  readonly dims: readonly number[];
  readonly centred: boolean;
  readonly epsilon: number;
  readonly placement: "inside" | "outside" | "maximum";
  readonly weight?: Expression | null;
  readonly bias?: Expression | null;
}

/** A normalisation written out: (x − mean) / √(mean((x − mean)²) + ε) · weight + bias over any axes. */
export function normalise(x: Expression, how: Normalisation): Expression {
  const over = (fn: string, of: Expression): Expression => callWith(fn, [of], { dim: [...how.dims], keepdim: true });
  const centred = how.centred ? call("torch.sub", x, over("torch.mean", x)) : x;
  const variance = over("torch.mean", call("torch.square", centred));
  const divided = call("torch.div", centred, rooted(variance, how.epsilon, how.placement));
  const weighted = how.weight == null ? divided : call("torch.mul", divided, how.weight);
  return how.bias == null ? weighted : call("torch.add", weighted, how.bias);
}

/** The root of a variance with ε where the original has it. */
export function rooted(variance: Expression, epsilon: number, placement: Normalisation["placement"]): Expression {
  switch (placement) {
    case "inside":
      return call("torch.sqrt", call("torch.add", variance, epsilon));
    case "outside":
      return call("torch.add", call("torch.sqrt", variance), epsilon);
    case "maximum":
      return call("torch.sqrt", callWith("torch.clamp", [variance], { min: epsilon }));
  }
}
