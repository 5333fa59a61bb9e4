// `parity check` on GPT-2 124M × 128 tokens, all module taps, against the script that one would write by hand and against
// each side run bare. All of them in turn, several rounds, so that the machine's mood falls on all alike.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, median } from "./measure.mjs";

const LENGTH = 128;

export async function benchCheck(model, python, runs) {
  const scratch = mkdtempSync(join(tmpdir(), "parity-bench-"));
  const ids = join(scratch, "ids.npz");
  const env = { GPT2_MODEL: model };
  await must(measure(python, ["bench/gpt2/make_ids.py", ids, String(LENGTH)]));
  const check = (candidate, extra = []) => [
    "dist/cli/main.js",
    "check",
    "--reference",
    join(model, "model.ckpt"),
    "--candidate",
    `examples/gpt2/${candidate}:build`,
    "--input",
    `X=${ids}#X`,
    "--out",
    join(scratch, "report"),
    "--json",
    ...extra,
  ];
  const commands = {
    "original bare (Python TensorFlow)": [python, ["bench/gpt2/bare_reference.py", model, ids]],
    "port bare (PyTorch)": [python, ["bench/gpt2/bare_candidate.py", ids]],
    "one script by hand": [python, ["bench/gpt2/script_way.py", model, ids]],
    "parity check, correct port": [process.execPath, check("port.py")],
    "parity check, every floor measured": [process.execPath, check("port.py", ["--floors", "all"])],
    "parity check, one un-transposed kernel": [process.execPath, check("faulty/untransposed_c_proj.py")],
  };
  const seconds = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  let timings = {};
  for (let round = 0; round <= runs; round++) {
    for (const [name, [command, args]] of Object.entries(commands)) {
      const run = await measure(command, args, env);
      if (run.code !== 0 && run.code !== 1) throw new Error(`${name} failed:\n${run.errors}`);
      if (name === "parity check, correct port") timings = JSON.parse(run.output).timings;
      if (round > 0) seconds[name].push(run.seconds);
    }
  }
  rmSync(scratch, { recursive: true, force: true });
  const of = (name) => median(seconds[name]);
  const slower = Math.max(of("original bare (Python TensorFlow)"), of("port bare (PyTorch)"));
  const healthy = of("parity check, correct port");
  const row = (name) => `| ${name} | ${of(name).toFixed(1)} | ${(of(name) / slower).toFixed(2)} |`;
  return [
    `## \`parity check\`: GPT-2 124M × ${LENGTH} tokens, cold`,
    "",
    `Whole processes, medians of ${runs} rounds in which all take turns; the first round is not counted.`,
    "",
    "| | seconds | ÷ slower side bare |",
    "|---|---|---|",
    ...Object.keys(commands).map(row),
    "",
    "| ratio | measured | target |",
    "|---|---|---|",
    `| correct port ÷ script by hand | **${(healthy / of("one script by hand")).toFixed(2)}** | ≤ 0.4 |`,
    `| correct port ÷ slower side bare | **${(healthy / slower).toFixed(2)}** | ≤ 1.15 |`,
    `| every floor measured ÷ slower side bare | **${(of("parity check, every floor measured") / slower).toFixed(2)}** | ≤ 2.5 |`,
    `| one fault found and proved ÷ correct port | **${(of("parity check, one un-transposed kernel") / healthy).toFixed(2)}** | ≤ 2 (a later issue's) |`,
    "",
    `Steps of the last correct run, seconds (the sides run at the same time): ${Object.entries(timings)
      .map(([step, value]) => `${step} ${value.toFixed(2)}`)
      .join(" · ")}.`,
  ].join("\n");
}

async function must(running) {
  const run = await running;
  if (run.code !== 0) throw new Error(run.errors);
}
