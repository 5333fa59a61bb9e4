import { DataType } from "../formats/tf-proto/data-type.js";
import type { FunctionBody } from "../formats/tf-proto/function-def.js";
import type { AttrValue, NodeDef } from "../formats/tf-proto/types.js";
import { integerAttr } from "./attr.js";
import { makeNode } from "./constant.js";

/** How many steps TensorFlow runs ahead where nothing says otherwise. */
const PARALLEL_ITERATIONS = 10;

/** Whether an op is a loop of TensorFlow 2, which calls functions for its test and its body. */
export function isLoop(node: NodeDef): boolean {
  return (node.op === "While" || node.op === "StatelessWhile") && functionAttr(node, "body") !== null;
}

/** The name of the function that an attribute holds, null when it holds none. */
export function functionAttr(node: NodeDef, name: string): string | null {
  const value = node.attr.get(name);
  return value !== undefined && "func" in value ? value.func.name : null;
}

/** One value that a loop carries; names of ops in the flat graph. */
interface Carried {
  readonly type: number;
  /** The body gives it back as it came: it is the same in all steps and only enters. */
  readonly isInvariant: boolean;
  readonly enter: string;
  readonly merge: string;
  readonly fork: string;
  readonly inside: string;
  readonly next: string;
  readonly exit: string;
}

/**
 * The ops around the test and the body of a loop, as TensorFlow itself lowers one before it runs it
 * (tensorflow/core/common_runtime/lower_while_op.cc): each value enters, is merged with that of the step before, and goes
 * into the body or out.
 */
export class LoopParts {
  private readonly carried: readonly Carried[];
  private readonly loopCond: string;
  private readonly pivotSwitch: string;
  /** The op before which nothing of the body may run. */
  readonly bodyPivot: string;

  /** @param claim gives a free name in the loop's scope */
  constructor(
    private readonly loop: NodeDef,
    private readonly frame: string,
    body: FunctionBody,
    claim: (own: string) => string,
  ) {
    const types = loop.attr.get("T");
    this.carried = (types !== undefined && "list" in types ? types.list.type : []).map((type, i) => {
      const name = (own: string): string => claim(i === 0 ? own : `${own}_${i}`);
      const isInvariant = isReturned(body, i);
      const unlessInvariant = (own: string): string => (isInvariant ? "" : name(own));
      return {
        type,
        isInvariant,
        enter: name("Enter"),
        merge: unlessInvariant("Merge"),
        fork: unlessInvariant("Switch"),
        inside: unlessInvariant("Inside"),
        next: unlessInvariant("NextIteration"),
        exit: unlessInvariant("Exit"),
      };
    });
    this.loopCond = claim("LoopCond");
    this.pivotSwitch = claim("PivotSwitch");
    this.bodyPivot = claim("BodyPivot");
  }

  /** The op before which nothing of the test may run. */
  get testPivot(): string {
    return this.carried.find((one) => !one.isInvariant)?.merge ?? this.carried[0]?.enter ?? this.frame;
  }

  /** What the test reads for its argument `index`. */
  readonly tested = (index: number): string | null => {
    const one = this.carried[index];
    return one === undefined ? null : one.isInvariant ? one.enter : one.merge;
  };

  /** What the body reads for its argument `index`. */
  readonly repeated = (index: number): string | null => {
    const one = this.carried[index];
    return one === undefined ? null : one.isInvariant ? one.enter : one.inside;
  };

  /** What the loop gives; null where it gives what it was given. */
  result(slot: number): string | null {
    const one = this.carried[slot];
    return one === undefined || one.isInvariant ? null : one.exit;
  }

  /** The ops at the loop's end. */
  get ends(): readonly string[] {
    return this.carried.filter((one) => !one.isInvariant).map((one) => one.exit);
  }

  /** The ops before test and body. `entering` are the tensors that the loop is given, `test` is what its test says. */
  head(entering: readonly string[], controls: readonly string[], test: string): NodeDef[] {
    const frame: Record<string, AttrValue> = {
      frame_name: { s: new TextEncoder().encode(this.frame) },
      parallel_iterations: { i: integerAttr(this.loop, "parallel_iterations") ?? PARALLEL_ITERATIONS },
    };
    const bool = { T: { type: DataType.BOOL } };
    const nodes = [
      makeNode(this.loopCond, "LoopCond", [test]),
      makeNode(this.pivotSwitch, "Switch", [this.loopCond, this.loopCond], bool),
      makeNode(this.bodyPivot, "Identity", [`${this.pivotSwitch}:1`], bool),
    ];
    this.carried.forEach((one, i) => {
      const T = { type: one.type };
      const attr = { T, ...frame, is_constant: { b: one.isInvariant } };
      nodes.push(makeNode(one.enter, "Enter", [entering[i] ?? "", ...controls], attr));
      if (one.isInvariant) return;
      nodes.push(
        makeNode(one.merge, "Merge", [one.enter, one.next], { T, N: { i: 2 } }),
        makeNode(one.fork, "Switch", [one.merge, this.loopCond], { T }),
        makeNode(one.inside, "Identity", [`${one.fork}:1`], { T }),
        makeNode(one.exit, "Exit", [one.fork], { T }),
      );
    });
    return nodes;
  }

  /** The ops behind the body. */
  tail(returned: (slot: number) => string): NodeDef[] {
    return this.carried.flatMap((one, i) =>
      one.isInvariant ? [] : [makeNode(one.next, "NextIteration", [returned(i)], { T: { type: one.type } })],
    );
  }
}

/** Whether a body gives its argument back as it came. */
function isReturned(body: FunctionBody, index: number): boolean {
  const argument = body.signature.inputs[index]?.name;
  let returned = body.returns.get(body.signature.outputs[index]?.name ?? "");
  const byName = new Map(body.nodes.map((node) => [node.name, node]));
  for (let steps = 0; returned !== undefined && steps <= body.nodes.length; steps++) {
    if (returned === argument) return true;
    const node: NodeDef | undefined = byName.get(returned.split(":")[0] ?? "");
    returned = node?.op === "Identity" ? node.input[0] : undefined;
  }
  return false;
}
