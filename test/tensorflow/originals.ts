import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import { readMetaGraph } from "../../src/formats/tf-proto/read-files.js";
import { checkpointModel } from "../../src/tensorflow/checkpoint-model.js";
import { findForwardPass } from "../../src/tensorflow/forward-pass.js";
import { type Graph, indexGraph, tensorName } from "../../src/tensorflow/graph.js";
import { type Original, understandOriginal } from "../../src/tensorflow/understand-original.js";
import { runPython } from "../helpers/python.js";

/** Models that a script of test/fixtures/tensorflow-graphs writes before the first test of a file: all, or the named ones. */
export function writeModels(script: string, ...only: string[]) {
  let root = "";
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "parity-graphs-"));
    await runPython(`test/fixtures/tensorflow-graphs/${script}`, [root, ...only]);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const prefixOf = (name: string): string => join(root, name, "model.ckpt");
  const metaOf = (name: string): string => `${prefixOf(name)}.meta`;
  const graphOf = (name: string): Graph => indexGraph(readMetaGraph(metaOf(name)).graphDef?.node ?? [], metaOf(name));
  return {
    folder: () => root,
    prefixOf,
    metaOf,
    graphOf,
    /** The graph of one model with the checkpoint of another (by default its own). */
    understand: (name: string, outputs: readonly string[] | null = null, checkpoint = name): Original =>
      understandOriginal(
        checkpointModel(readMetaGraph(metaOf(name)), metaOf(name), openCheckpoint(prefixOf(checkpoint))),
        outputs,
      ),
    outputsOf: (name: string, outputs?: readonly string[]): string[] =>
      findForwardPass(graphOf(name), metaOf(name), outputs).outputs.map(tensorName),
  };
}

/** The ParityError that `act` throws, as plain fields. */
export function errorOf(act: () => unknown): { code?: string; message: string; hint?: string; detail?: string } {
  try {
    act();
  } catch (error) {
    const { code, message, hint, detail } = error as { code?: string; message: string; hint?: string; detail?: string };
    return { ...(code && { code }), message, ...(hint && { hint }), ...(detail && { detail }) };
  }
  throw new Error("nothing was thrown");
}
