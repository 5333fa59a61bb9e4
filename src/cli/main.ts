#!/usr/bin/env node
import { readFileSync } from "node:fs";
import chalk, { chalkStderr } from "chalk";
import { Command } from "commander";
import { EXIT, ParityError } from "../errors.js";
import { errorRecord } from "../report/error-record.js";
import { renderError } from "../report/render-error.js";
import { COMPARE_OPTIONS, readCompareOptions } from "./compare-options.js";
import { INIT_OPTIONS, readInitOptions } from "./init-options.js";
import { INSPECT_OPTIONS, readInspectOptions } from "./inspect-options.js";
import { MERGE_OPTIONS, readMergeOptions } from "./merge-options.js";
import { addCheckOptions, addOptions, CAUSES_OPTIONS, readCheckOptions, usageError } from "./options.js";
import { addRecordOptions, readRecordOptions, VERIFY_OPTIONS, type VerifyValues } from "./record-options.js";
import { REPORT_OPTIONS, readReportOptions } from "./report-options.js";
import { readScaffoldOptions, SCAFFOLD_OPTIONS } from "./scaffold-options.js";
import { readWeightsOptions, WEIGHTS_OPTIONS } from "./weights-options.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const EXIT_CODES_HELP = `
Exit codes: 0 parity · 1 not parity · 2 could not judge · 130 interrupted`;

/** Runs one command line and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.parity;
  const program = new Command("parity")
    .description("Does the converted PyTorch model compute what the original TensorFlow model computes?")
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  addCheckOptions(program.command("check").description("run both models and compare them layer by layer"))
    .addHelpText("after", EXIT_CODES_HELP)
    .action(async (config: string | undefined, values: Record<string, unknown>) => {
      // Each command loads what it needs: --help should not wait for a schema library.
      const { runCheck } = await import("./commands/check.js");
      exitCode = await runCheck(readCheckOptions(config, values));
    });
  addRecordOptions(
    program.command("record").description("run the original once and keep what it gives: a golden"),
  ).action(async (config: string | undefined, values: Record<string, unknown>) => {
    const { runRecord } = await import("./commands/record.js");
    exitCode = await runRecord(readRecordOptions(config, values));
  });
  const golden = program.command("golden").description("look after goldens");
  addOptions(
    golden
      .command("verify")
      .description("run the original again and say whether its golden still holds")
      .argument("[dir]", "the golden's folder (default: golden of parity.config.* here)"),
    VERIFY_OPTIONS,
  )
    .addHelpText("after", "\nExit codes: 0 it holds · 1 it does not · 2 could not tell · 130 interrupted")
    .action(async (dir: string | undefined, values: VerifyValues) => {
      const { runGoldenVerify } = await import("./commands/golden-verify.js");
      exitCode = await runGoldenVerify(dir, values);
    });
  addOptions(
    program.command("init").description("look at both models and write a parity.config.ts that works"),
    INIT_OPTIONS,
  ).action(async (values: Record<string, unknown>) => {
    const { runInit } = await import("./commands/init.js");
    exitCode = await runInit(readInitOptions(values));
  });
  addCheckOptions(program.command("watch").description("check again whenever the port or its configuration changes"))
    .addHelpText("after", "\nEnds by Ctrl-C (exit code 130).")
    .action(async (config: string | undefined, values: Record<string, unknown>) => {
      const { runWatch } = await import("./commands/watch.js");
      exitCode = await runWatch(readCheckOptions(config, values));
    });
  addOptions(
    program
      .command("merge")
      .description("join what the shards of one check found")
      .argument("<paths...>", "shard-1-of-3.json and its like, or folders that hold them"),
    MERGE_OPTIONS,
  )
    .addHelpText("after", EXIT_CODES_HELP)
    .action(async (paths: string[], values: Record<string, unknown>) => {
      const { runMerge } = await import("./commands/merge.js");
      exitCode = await runMerge(readMergeOptions(paths, values));
    });
  addOptions(
    program
      .command("inspect")
      .description("say what a model is made of: variables, graph, settings; without its framework")
      .argument("<model>", "checkpoint, .h5, .keras, .safetensors, .pt, .npz, …"),
    INSPECT_OPTIONS,
  ).action(async (model: string, values: Record<string, unknown>) => {
    const { runInspect } = await import("./commands/inspect.js");
    exitCode = await runInspect(readInspectOptions(model, values));
  });
  addOptions(
    program
      .command("weights")
      .description("compare two sets of weights: which parameter holds which variable, and how")
      .argument("<reference>", "the original's weights: checkpoint, .h5, .keras, .safetensors, .npz, …")
      .argument("<candidate>", "the port's: .safetensors, .pt, …, or file.py:callable"),
    WEIGHTS_OPTIONS,
  )
    .addHelpText(
      "after",
      "\nExit codes: 0 equal · 1 not equal, or without a partner · 2 could not judge · 130 interrupted",
    )
    .action(async (reference: string, candidate: string, values: Record<string, unknown>) => {
      const { runWeights } = await import("./commands/weights.js");
      exitCode = await runWeights(readWeightsOptions(reference, candidate, values));
    });
  addOptions(
    program
      .command("scaffold")
      .description("write the PyTorch skeleton of an original, with its weights loaded")
      .argument("<model>", "the original: checkpoint prefix, one of its files, or its folder"),
    SCAFFOLD_OPTIONS,
  ).action(async (model: string, values: Record<string, unknown>) => {
    const { runScaffold } = await import("./commands/scaffold.js");
    exitCode = await runScaffold(readScaffoldOptions(model, values));
  });
  addOptions(
    program
      .command("compare")
      .description("compare the tensors of two recordings or files, name by name")
      .argument("<reference>", "a recording's folder, or a file of tensors")
      .argument("<candidate>", "the other"),
    COMPARE_OPTIONS,
  )
    .addHelpText("after", "\nExit codes: 0 within the bounds · 1 not · 2 nothing was compared")
    .action(async (reference: string, candidate: string, values: Record<string, unknown>) => {
      const { runCompare } = await import("./commands/compare.js");
      exitCode = await runCompare(readCompareOptions(reference, candidate, values));
    });
  program
    .command("doctor")
    .description("say which runtimes are usable, and how to mend the others")
    .option("--json", "print as JSON")
    .action(async (values: { json?: boolean }) => {
      const { runDoctor } = await import("./commands/doctor.js");
      exitCode = await runDoctor({ json: values.json === true });
    });
  addOptions(
    program
      .command("causes")
      .description("list the causes that parity looks for, or explain one")
      .argument("[id]", "id of a cause, such as norm-epsilon"),
    CAUSES_OPTIONS,
  ).action(async (id: string | undefined, values: { json?: boolean; markdown?: boolean }) => {
    const { runCauses } = await import("./commands/causes.js");
    const { json = false, markdown = false } = values;
    exitCode = runCauses({ ...(id === undefined ? {} : { id }), json, markdown });
  });
  addOptions(
    program
      .command("report")
      .description("write reports again from a stored report.json")
      .argument("<file>", "report.json, or the folder that holds it"),
    REPORT_OPTIONS,
  ).action(async (file: string, values: Record<string, unknown>) => {
    const { runReport } = await import("./commands/report.js");
    exitCode = await runReport(readReportOptions(file, values));
  });
  program
    .command("schema")
    .description("print a JSON Schema: of report.json, of --json for several models, or of a shard's file")
    .argument("[which]", "result, models or shard (default: result)")
    .action(async (which?: string) => {
      const { runSchema } = await import("./commands/schema.js");
      exitCode = runSchema(which);
    });
  if (argv.length === 0) {
    process.stdout.write(program.helpInformation());
    return EXIT.couldNotJudge;
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return fail(error, argv);
  }
}

function fail(error: unknown, argv: readonly string[]): number {
  if (isHelp(error)) return EXIT.parity;
  const shown = usageError(error);
  if (shown instanceof ParityError && shown.code === "INTERRUPTED") {
    process.stderr.write("interrupted\n");
    return EXIT.interrupted;
  }
  const color = chalkStderr.level > 0 && !argv.includes("--no-color");
  const known = shown instanceof Error ? shown : new Error(String(shown));
  if (argv.includes("--json")) {
    // A consumer of --json gets an answer on standard output whatever happens.
    process.stdout.write(
      `${JSON.stringify({ schemaVersion: 1, verdict: "inconclusive", exitCode: EXIT.couldNotJudge, error: errorRecord(known) })}\n`,
    );
  }
  process.stderr.write(`${renderError(known, { color, width: process.stderr.columns ?? 120 })}\n`);
  return EXIT.couldNotJudge;
}

/** Commander throws also for --help and --version, with exit code 0. */
function isHelp(error: unknown): boolean {
  return error instanceof Error && "exitCode" in error && error.exitCode === 0;
}

if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) chalk.level = 0;
process.exitCode = await main(process.argv.slice(2));
// Handles of native runtimes may stay open; everything has been written.
process.stdout.write("", () => process.exit());
