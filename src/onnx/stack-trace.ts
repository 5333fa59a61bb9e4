import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { SourcePlace } from "../recording/types.js";

/** Code that is installed, not the user's. */
const INSTALLED = /[/\\](site-packages|dist-packages|lib[/\\]python\d)/;

/**
 * The innermost line of the user's own code in a traceback that an exporter wrote down, if that file is on this machine: the
 * model may have been exported elsewhere.
 */
export function placeInTrace(trace: string): SourcePlace | null {
  const frames = [...trace.matchAll(/File "([^"]+)", line (\d+)/g)].map((match) => ({
    file: match[1] ?? "",
    line: Number(match[2]),
  }));
  const own = frames.findLast((frame) => !INSTALLED.test(frame.file));
  if (own === undefined || !existsSync(own.file)) return null;
  const near = relative(process.cwd(), own.file);
  return { file: near.startsWith("..") ? own.file : near, line: own.line };
}
