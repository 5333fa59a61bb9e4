import { relativeTo } from "./build-skeleton.js";
import type { ScopeOps } from "./describe-ops.js";
import { call, comment, prefixed, quoted } from "./render-python.js";
import type { Field, Member, ModuleClass } from "./types.js";

export interface ClassOptions {
  readonly ops: ScopeOps;
  /** Arguments of forward: those of the original for the whole model, `x` for a part of it. */
  readonly inputs: readonly string[];
  readonly hasConfig: boolean;
}

/** The source of one module class: its layers, its loader, its forward that is still to be written. */
export function renderClass(one: ModuleClass, options: ClassOptions): string[] {
  const where = one.example === "" ? "the whole original" : `${one.example} of the original`;
  return [
    `class ${one.name}(nn.Module):`,
    `    """${where.replaceAll("\\", "\\\\").replaceAll('"', "'")}"""`,
    "",
    ...bufferTypes(one),
    ...constructorLines(one, options.hasConfig),
    "",
    "    def load(self, weights: Weights, prefix: str) -> None:",
    ...one.members.flatMap((member) => loaderLines(member, one.example)),
    ...(one.members.length === 0 ? ["        return"] : []),
    "",
    ...forwardLines(one, options),
  ];
}

/** Only floating tensors can have gradients; whole numbers and flags are buffers. */
function isBuffer(dtype: string | null): boolean {
  return dtype !== null && !/^torch\.(float|bfloat|complex)/.test(dtype);
}

function bufferTypes({ members }: ModuleClass): string[] {
  const buffers = members.filter(
    (one) => one.kind === "layer" && one.layer.construct === null && isBuffer(one.layer.dtype),
  );
  return buffers.length === 0 ? [] : [...buffers.map((one) => `    ${one.attribute}: Tensor`), ""];
}

function constructorLines({ members }: ModuleClass, hasConfig: boolean): string[] {
  return [
    `    def __init__(self${hasConfig ? ", config: Config" : ""}) -> None:`,
    "        super().__init__()",
    ...(hasConfig ? ["        self.config = config"] : []),
    ...members.flatMap(memberLines),
  ];
}

function memberLines(member: Member): string[] {
  const own = `        self.${member.attribute} =`;
  if (member.kind === "module") return [`${own} ${member.of.name}()`];
  if (member.kind === "list") {
    const { start, end } = numbersOf(member.relatives);
    if (start === 0) return [`${own} nn.ModuleList(${member.of.name}() for _ in range(${end}))`];
    // The original's own numbers, so that names on both sides stay the same.
    return [`${own} nn.ModuleDict({str(number): ${member.of.name}() for number in range(${start}, ${end})})`];
  }
  const { construct, dtype, fields, notes } = member.layer;
  const remarks = notes.flatMap((note) => comment(note, 8));
  if (construct !== null) return [...remarks, `${own} ${construct}`];
  const shape = fields[0]?.shape ?? [];
  const sizes = shape.length === 0 ? "()" : shape.join(", ");
  const empty = `torch.empty(${sizes}${dtype === null ? "" : `, dtype=${dtype}`})`;
  if (isBuffer(dtype)) return [...remarks, ...call("self.register_buffer", [quoted(member.attribute), empty], 8)];
  return [...remarks, `${own} nn.Parameter(${empty})`];
}

function loaderLines(member: Member, scope: string): string[] {
  if (member.kind === "module") {
    return [`        self.${member.attribute}.load(weights, ${prefixed(`${member.relative}/`)})`];
  }
  if (member.kind === "list") {
    const { start, end, before, after, width } = numbersOf(member.relatives);
    const inside = prefixed(`${before}\u0000${after}/`).replace("\\u0000", `{number${width}}`);
    const blocks = start === 0 ? `enumerate(self.${member.attribute})` : `range(${start}, ${end})`;
    const own = start === 0 ? [] : [`            block = self.${member.attribute}[str(number)]`];
    return [
      `        for ${start === 0 ? "number, block" : "number"} in ${blocks}:`,
      ...own,
      `            assert isinstance(block, ${member.of.name})`,
      `            block.load(weights, ${inside})`,
    ];
  }
  const { layer, attribute } = member;
  return layer.fields.flatMap((field) => {
    const target = layer.construct === null ? ["self", quoted(attribute)] : [`self.${attribute}`, quoted(field.name)];
    const why = field.why === null ? [] : comment(field.why, 8);
    return [...why, ...call("assign", [...target, `weights.take(${keyOf(field, scope)})${field.change}`], 8)];
  });
}

/** What the names of blocks have in common, and the numbers that they run through (`end` excluded). */
function numbersOf(relatives: readonly string[]) {
  const [first = ""] = relatives;
  const [, before = "", number = "0", after = ""] = /^(\D*)(\d+)(.*)$/.exec(first) ?? [];
  const start = Number(number);
  const width = number.length > 1 && number.startsWith("0") ? `:0${number.length}d` : "";
  return { before, after, width, start, end: start + relatives.length };
}

function keyOf({ key }: Field, scope: string): string {
  const relative = relativeTo(scope, key);
  return relative === null ? quoted(key) : prefixed(relative);
}

function forwardLines(one: ModuleClass, { ops, inputs }: ClassOptions): string[] {
  const inner = one.members.flatMap((member) => {
    const at = (relative: string): string => (one.example === "" ? relative : `${one.example}/${relative}`);
    if (member.kind === "module") return [at(member.relative)];
    return member.kind === "list" ? member.relatives.map(at) : [];
  });
  const lines = ops.linesOf(one.example, inner);
  const names = one.example === "" ? "" : `, under their names within ${one.example}`;
  const told = lines.length === 0 ? [] : comment(`The original's ops in the order of execution${names}:`, 8);
  return [
    ...call("    def forward", ["self", ...inputs.map((name) => `${name}: Tensor`)], 0).map((line, i, all) =>
      i === all.length - 1 ? `${line} -> Tensor:` : line,
    ),
    ...told,
    ...lines.flatMap((line) => comment(line, 8)),
    `        raise NotImplementedError("${one.name}.forward is not written yet")`,
  ];
}
