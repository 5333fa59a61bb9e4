import type { ScopeOps } from "./describe-ops.js";
import { attributeName } from "./names.js";
import { renderClass } from "./render-class.js";
import { literal, quoted } from "./render-python.js";
import type { Skeleton } from "./types.js";

export interface ModuleOptions {
  /** The original, as the user named it. */
  readonly original: string;
  /** Name of the weights' file, beside the module. */
  readonly weights: string;
  readonly inputs: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly ops: ScopeOps;
}

/** The Python module: the configuration, a class for each kind of scope, and `build()`, which gives it with all weights. */
export function renderModule(skeleton: Skeleton, options: ModuleOptions): string {
  const { root, scope, classes } = skeleton;
  const config = configLines(options.settings);
  const hasConfig = config.length > 0;
  const taken = new Set<string>(["self"]);
  const inputs = options.inputs.map((name) => attributeName((name.split("/").at(-1) ?? name).toLowerCase(), taken));
  const rendered = classes.map((one) =>
    renderClass(one, {
      ops: options.ops,
      inputs: one === root ? inputs : ["x"],
      hasConfig: hasConfig && one === root,
    }),
  );
  const prefix = scope === "" ? '""' : quoted(`${scope}/`);
  return [
    `"""A PyTorch skeleton of ${safe(options.original)}, written by parity scaffold.`,
    "",
    `The weights lie beside it in ${safe(options.weights)}, under the original's names and in its order of axes;`,
    "build() loads all of them. What is left to write is each forward, from the ops that stand there.",
    '"""',
    "",
    "from __future__ import annotations",
    "",
    ...(hasConfig ? ["from dataclasses import dataclass"] : []),
    "from pathlib import Path",
    "",
    "import torch",
    "from safetensors.torch import load_file",
    "from torch import Tensor, nn",
    "",
    `WEIGHTS = Path(__file__).resolve().with_name(${quoted(options.weights)})`,
    ...(hasConfig ? ["", "", ...config] : []),
    "",
    "",
    WEIGHTS_CLASS,
    ...rendered.flatMap((lines) => ["", "", ...lines]),
    "",
    "",
    `def build(weights: str | Path = WEIGHTS) -> ${root.name}:`,
    '    """The model with all of the original\'s weights."""',
    `    model = ${root.name}(${hasConfig ? "Config()" : ""})`,
    "    source = Weights(Path(weights))",
    `    model.load(source, ${prefix})`,
    "    source.finish()",
    "    return model.eval()",
    "",
  ].join("\n");
}

const WEIGHTS_CLASS = `class Weights:
    """The original's variables; each has to be taken once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left: dict[str, Tensor] = load_file(path)

    def take(self, key: str) -> Tensor:
        if key not in self._left:
            raise KeyError(f"{self._path} has no variable {key}, or it was taken already")
        return self._left.pop(key)

    def finish(self) -> None:
        if self._left:
            raise ValueError(f"nothing was loaded from {', '.join(self._left)}")


def assign(module: nn.Module, name: str, value: Tensor) -> None:
    target = getattr(module, name)
    if not isinstance(target, Tensor) or target.shape != value.shape:
        raise ValueError(f"{type(module).__name__}.{name} cannot hold a tensor of {tuple(value.shape)}")
    with torch.no_grad():
        target.copy_(value)`;

function configLines(settings: Readonly<Record<string, unknown>>): string[] {
  const taken = new Set<string>();
  const fields = Object.entries(settings).flatMap(([key, value]) => {
    if (typeof value !== "number" && typeof value !== "string" && typeof value !== "boolean") return [];
    const type =
      typeof value === "number"
        ? Number.isInteger(value)
          ? "int"
          : "float"
        : typeof value === "string"
          ? "str"
          : "bool";
    return [`    ${attributeName(key, taken)}: ${type} = ${literal(value)}`];
  });
  return fields.length === 0 ? [] : ["@dataclass(frozen=True)", "class Config:", ...fields];
}

/** Text inside a docstring. */
function safe(text: string): string {
  return quoted(text).slice(1, -1).replaceAll('\\"', "'");
}
