import type { Expression } from "../../runners/edits.js";
import { call, callWith } from "../express.js";
import { formatConstant } from "../layer/format-constant.js";
import { erf } from "./erf.js";

/** A function of one number: computed here to recognise it, as an expression to try it, as code to suggest it. */
export interface Activation {
  /** As the original's patterns name it. */
  readonly name: string;
  /** Slope, alpha or bounds, empty where it has none. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly title: string;
  readonly at: (x: number) => number;
  readonly torch: (x: Expression) => Expression;
  readonly code: (x: string) => string;
  /** Construction of the torch.nn module that computes it; null where there is none. */
  readonly module: string | null;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const clip = (x: number, lower: number, upper: number): number => Math.min(upper, Math.max(lower, x));
const softplus = (x: number): number => (x > 30 ? x : Math.log1p(Math.exp(x)));

type Rest = Partial<Pick<Activation, "parameters" | "title" | "module">>;

function define(
  name: string,
  at: Activation["at"],
  torch: Activation["torch"],
  code: Activation["code"],
  rest: Rest = {},
): Activation {
  return { name, parameters: {}, title: name, module: null, at, torch, code, ...rest };
}

export const GELU_ERF = define(
  "gelu-erf",
  (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  (x) => call("F.gelu", x),
  (x) => `F.gelu(${x})`,
  { title: "gelu by erf", module: "nn.GELU()" },
);
export const GELU_TANH = define(
  "gelu-tanh",
  (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  (x) => callWith("F.gelu", [x], { approximate: "tanh" }),
  (x) => `F.gelu(${x}, approximate="tanh")`,
  { title: "gelu by tanh", module: 'nn.GELU(approximate="tanh")' },
);
/** The sigmoid form of Hendrycks & Gimpel (arXiv:1606.08415). */
export const GELU_SIGMOID = swish(1.702);
export const GELUS: readonly Activation[] = [GELU_ERF, GELU_TANH, GELU_SIGMOID];

export const IDENTITY = define(
  "identity",
  (x) => x,
  (x) => x,
  (x) => x,
  { module: "nn.Identity()" },
);
export const RELU = define(
  "relu",
  (x) => Math.max(0, x),
  (x) => call("F.relu", x),
  (x) => `F.relu(${x})`,
  {
    module: "nn.ReLU()",
  },
);
export const SIGMOID = define(
  "sigmoid",
  sigmoid,
  (x) => call("torch.sigmoid", x),
  (x) => `torch.sigmoid(${x})`,
  {
    module: "nn.Sigmoid()",
  },
);

/** x · sigmoid(β·x): swish for 1, the sigmoid form of gelu for 1.702. */
export function swish(beta: number): Activation {
  const quick = Math.abs(beta - 1.702) < 1e-3;
  const inner = (x: string): string => `${x} * torch.sigmoid(${formatConstant(beta)} * ${x})`;
  if (beta === 1)
    return define(
      "swish",
      (x) => x * sigmoid(x),
      (x) => call("F.silu", x),
      (x) => `F.silu(${x})`,
      { module: "nn.SiLU()" },
    );
  return define(
    quick ? "gelu-sigmoid" : "swish",
    (x) => x * sigmoid(beta * x),
    (x) => call("torch.mul", x, call("torch.sigmoid", call("torch.mul", x, beta))),
    inner,
    { title: `x · sigmoid(${formatConstant(beta)} x)`, parameters: { slope: beta } },
  );
}

export function leakyRelu(slope: number): Activation {
  const s = formatConstant(slope);
  return define(
    "leaky-relu",
    (x) => (x > 0 ? x : slope * x),
    (x) => call("F.leaky_relu", x, slope),
    (x) => `F.leaky_relu(${x}, ${s})`,
    { title: `leaky relu with slope ${s}`, parameters: { slope }, module: `nn.LeakyReLU(${s})` },
  );
}

export function elu(alpha: number): Activation {
  const a = formatConstant(alpha);
  return define(
    "elu",
    (x) => (x > 0 ? x : alpha * Math.expm1(x)),
    (x) => call("F.elu", x, alpha),
    (x) => (alpha === 1 ? `F.elu(${x})` : `F.elu(${x}, ${a})`),
    {
      title: alpha === 1 ? "elu" : `elu with α ${a}`,
      parameters: { alpha },
      module: alpha === 1 ? "nn.ELU()" : `nn.ELU(${a})`,
    },
  );
}

export function clipped(lower: number | null, upper: number | null): Activation {
  const bounds = { ...(lower === null ? {} : { min: lower }), ...(upper === null ? {} : { max: upper }) };
  const text = Object.entries(bounds)
    .map(([key, value]) => `${key}=${formatConstant(value)}`)
    .join(", ");
  const relu6 = lower === 0 && upper === 6;
  const parameters = { ...(lower === null ? {} : { lower }), ...(upper === null ? {} : { upper }) };
  return define(
    relu6 ? "relu6" : "clip",
    (x) => clip(x, lower ?? Number.NEGATIVE_INFINITY, upper ?? Number.POSITIVE_INFINITY),
    (x) => callWith("torch.clamp", [x], bounds),
    (x) => (relu6 ? `F.relu6(${x})` : `torch.clamp(${x}, ${text})`),
    relu6
      ? { module: "nn.ReLU6()" }
      : {
          title: `clip to ${formatConstant(lower ?? Number.NEGATIVE_INFINITY)} … ${formatConstant(upper ?? Number.POSITIVE_INFINITY)}`,
          parameters,
        },
  );
}

/** clip(slope·x + ½, 0, 1): slope 1/6 is torch's and Keras 3's hard sigmoid, 0.2 older Keras'. */
export function hardSigmoid(slope: number): Activation {
  const own = Math.abs(slope - 1 / 6) < 1e-6;
  const s = formatConstant(slope);
  return define(
    "hard-sigmoid",
    (x) => clip(slope * x + 0.5, 0, 1),
    (x) =>
      own
        ? call("F.hardsigmoid", x)
        : callWith("torch.clamp", [call("torch.add", call("torch.mul", x, slope), 0.5)], { min: 0, max: 1 }),
    (x) => (own ? `F.hardsigmoid(${x})` : `torch.clamp(${s} * ${x} + 0.5, 0, 1)`),
    {
      title: `hard sigmoid with slope ${own ? "1/6" : s}`,
      parameters: { slope },
      module: own ? "nn.Hardsigmoid()" : null,
    },
  );
}

export function hardSwish(slope: number): Activation {
  const gate = hardSigmoid(slope);
  const own = gate.module !== null;
  return define(
    "hard-swish",
    (x) => x * gate.at(x),
    (x) => (own ? call("F.hardswish", x) : call("torch.mul", x, gate.torch(x))),
    (x) => (own ? `F.hardswish(${x})` : `${x} * ${gate.code(x)}`),
    {
      title: own ? "hard swish" : `hard swish with slope ${formatConstant(slope)}`,
      parameters: { slope },
      module: own ? "nn.Hardswish()" : null,
    },
  );
}

function one(name: string, at: Activation["at"], fn: string, module: string | null = null): Activation {
  return define(
    name,
    at,
    (x) => call(fn, x),
    (x) => `${fn}(${x})`,
    { module },
  );
}

/** What is tried when nothing says more; gelu in its three forms included. */
export const ACTIVATIONS: readonly Activation[] = [
  RELU,
  ...GELUS,
  swish(1),
  leakyRelu(0.2),
  leakyRelu(0.01),
  leakyRelu(0.3),
  leakyRelu(0.1),
  clipped(0, 6),
  one("tanh", Math.tanh, "torch.tanh", "nn.Tanh()"),
  SIGMOID,
  elu(1),
  one("selu", (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)), "F.selu", "nn.SELU()"),
  one("softplus", softplus, "F.softplus", "nn.Softplus()"),
  one("mish", (x) => x * Math.tanh(softplus(x)), "F.mish", "nn.Mish()"),
  hardSwish(1 / 6),
  hardSwish(0.2),
  hardSigmoid(1 / 6),
  hardSigmoid(0.2),
  one("softsign", (x) => x / (1 + Math.abs(x)), "F.softsign", "nn.Softsign()"),
  one("abs", Math.abs, "torch.abs"),
  one("square", (x) => x * x, "torch.square"),
  define(
    "squared-relu",
    (x) => Math.max(0, x) ** 2,
    (x) => call("torch.square", call("F.relu", x)),
    (x) => `F.relu(${x}) ** 2`,
    { title: "relu squared" },
  ),
  one("exp", Math.exp, "torch.exp"),
  one("log-sigmoid", (x) => -softplus(-x), "F.logsigmoid", "nn.LogSigmoid()"),
];
