import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chalk from "chalk";
import { checkResolved, resolveInput } from "../../check/check.js";
import { referenceFiles, WarmSides } from "../../check/warm-sides.js";
import { candidateFiles, requireCandidate } from "../../config/models.js";
import type { ResolvedConfig } from "../../config/resolved.js";
import { ParityError } from "../../errors.js";
import { renderError } from "../../report/render-error.js";
import { createPaint } from "../../report/terminal/paint.js";
import type { View } from "../../report/terminal/view.js";
import { watchHead, watchPreview, watchResult } from "../../report/terminal/watch.js";
import type { CheckResult } from "../../report/types.js";
import { awaitChange, type Stamps, takeStamps } from "../await-change.js";
import { interruptible } from "../interruptible.js";
import type { CheckArguments } from "../options.js";
import { shorten } from "../shorten.js";

/**
 * `parity watch`: checks once, then again whenever the port, what it imports or reads, the configuration or the weights change.
 * Both sides stay warm. Ends by Ctrl-C only, with INTERRUPTED; errors of the port are shown and the watch goes on.
 */
export async function runWatch(args: CheckArguments): Promise<number> {
  refuseOthers(args);
  return interruptible(async (signal) => {
    const watch = new Watch(args, signal);
    try {
      for (;;) await watch.once();
    } finally {
      await watch.close();
    }
  });
}

/** What belongs to one run with an end. */
function refuseOthers({ overrides, display }: CheckArguments): void {
  const given = { "--shard": overrides.shard, "--fix": overrides.fix, "--json": display.json || undefined };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    throw new ParityError("USAGE", `${option} is for \`parity check\`: a watch has no end and prints for people.`, {
      where: { key: option },
      hint: `Leave it out, or run \`parity check ${option} …\` once.`,
    });
  }
}

class Watch {
  private readonly warm: WarmSides;
  private readonly view: View;
  private runs = 0;
  private before: CheckResult | null = null;
  private stamps: Stamps = new Map();
  private changed: readonly string[] = [];
  /** Where the configuration was found the last time, whatever became of it. */
  private own: readonly string[] = [];
  private ports: readonly string[] = [];

  constructor(
    private readonly args: CheckArguments,
    private readonly signal: AbortSignal,
  ) {
    this.warm = new WarmSides(mkdtempSync(join(tmpdir(), "parity-watch-")), signal);
    const { color, verbose } = args.display;
    this.view = { paint: createPaint(color && chalk.level > 0), width: process.stdout.columns ?? 120, verbose };
  }

  /** One run, its block, and the wait for the next change. */
  async once(): Promise<void> {
    this.runs++;
    const time = new Date().toTimeString().slice(0, 8);
    print(`${watchHead(this.view, time, this.runs, this.changed.map(shorten))}\n`);
    this.stamps = takeStamps(this.stamps.keys());
    try {
      // A configuration that cannot be used at all leaves nothing to watch the first time.
      const config = await resolveInput(this.args.configPath, { overrides: this.args.overrides });
      this.own = ownFiles(config);
      this.stamps = takeStamps([...this.stamps.keys(), ...this.own]);
      const changed = await this.checkUntilSaved(config);
      if (changed !== null) {
        this.ports = (await this.warm.settle()) ?? this.ports;
        this.changed = changed;
        print(
          `${this.view.paint.quiet(`${changed.map(shorten).join(", ")} changed: not looked into any further`)}\n\n`,
        );
        return;
      }
    } catch (error) {
      if (!(error instanceof ParityError) || error.code === "INTERRUPTED" || this.own.length === 0) throw error;
      print(`${renderError(error, { color: chalk.level > 0 && this.args.display.color, width: this.view.width })}\n`);
      if (["RUNNER_DIED", "TIMEOUT", "RUNTIME_MISSING"].includes(error.code)) await this.warm.discard();
    }
    this.ports = (await this.warm.settle()) ?? this.ports;
    this.stamps = takeStamps([...this.own, ...this.ports], this.stamps);
    print(`${this.view.paint.quiet(`watching ${this.stamps.size} files; Ctrl-C ends`)}\n\n`);
    this.changed = await awaitChange(this.stamps, this.signal).catch((error: unknown) => {
      throw this.signal.aborted ? new ParityError("INTERRUPTED", "interrupted") : error;
    });
  }

  /** Checks; a save meanwhile ends the check, for nobody waits for what it has to say any more. Null: it came to its end. */
  private async checkUntilSaved(config: ResolvedConfig): Promise<readonly string[] | null> {
    const saved = new AbortController();
    const over = new AbortController();
    const watching = awaitChange(this.stamps, AbortSignal.any([over.signal, this.signal])).then(
      (changed) => {
        saved.abort();
        return changed;
      },
      () => null,
    );
    try {
      await this.check(config, AbortSignal.any([saved.signal, this.signal]));
      return null;
    } catch (error) {
      if (!saved.signal.aborted || this.signal.aborted) throw error;
      return await watching;
    } finally {
      over.abort();
      await watching;
    }
  }

  private async check(config: ResolvedConfig, signal: AbortSignal): Promise<void> {
    const result = await checkResolved(config, {
      signal,
      start: this.warm,
      onJudged: (preview) => print(`${watchPreview(this.view, preview)}\n`),
      ...(config.report.length === 0 ? {} : { reproductions: config.out }),
    });
    if (signal.aborted) throw new ParityError("INTERRUPTED", "interrupted");
    print(`${watchResult(this.view, result, this.before)}\n`);
    this.before = result;
    const { writeReports } = await import("../../report/index.js");
    await writeReports(result, { dir: config.out, formats: config.report });
  }

  close(): Promise<void> {
    return this.warm.close();
  }
}

/** What a run is made of besides what the port says that it read. */
function ownFiles(config: ResolvedConfig): string[] {
  return [
    ...(config.configPath === null ? [] : [config.configPath]),
    ...candidateFiles(requireCandidate(config.candidate.model)),
    ...(config.candidate.weights === null ? [] : [config.candidate.weights]),
    ...config.inputs.files,
    ...referenceFiles(config.reference),
  ];
}

function print(text: string): void {
  process.stdout.write(text);
}
