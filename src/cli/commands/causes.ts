import chalk from "chalk";
import { nearestWord } from "../../config/nearest.js";
import { CAUSE_IDS, type CauseId } from "../../diagnose/cause-ids.js";
import { EXIT, ParityError } from "../../errors.js";
import { causeRecord, renderCause, renderCauseList, renderCausesMarkdown } from "../../report/render-causes.js";
import { createPaint } from "../../report/terminal/paint.js";

export interface CausesOptions {
  /** One cause to explain; all are listed without. */
  readonly id?: string;
  readonly json: boolean;
  /** The whole catalogue as docs/causes.md has it. */
  readonly markdown: boolean;
}

/** `parity causes [id]`: what parity looks for. Throws USAGE for an id that is none, with the nearest one. */
export function runCauses({ id, json, markdown }: CausesOptions): number {
  const known = id === undefined ? null : requireCause(id);
  process.stdout.write(known === null ? listAll(json, markdown) : explainOne(known, json));
  return EXIT.parity;
}

function listAll(json: boolean, markdown: boolean): string {
  if (json) return `${JSON.stringify(CAUSE_IDS.map(causeRecord), null, 2)}\n`;
  if (markdown) return renderCausesMarkdown();
  return renderCauseList(createPaint(chalk.level > 0), process.stdout.columns ?? 120);
}

function explainOne(id: CauseId, json: boolean): string {
  if (json) return `${JSON.stringify(causeRecord(id), null, 2)}\n`;
  return renderCause(id, createPaint(chalk.level > 0), process.stdout.columns ?? 120);
}

function requireCause(id: string): CauseId {
  const known = CAUSE_IDS.find((one) => one === id);
  if (known !== undefined) return known;
  const near = nearestWord(id, CAUSE_IDS);
  throw new ParityError("USAGE", `There is no cause ${id}.`, {
    hint:
      near === null
        ? "`parity causes` lists all of them."
        : `Did you mean ${near}? \`parity causes\` lists all of them.`,
  });
}
