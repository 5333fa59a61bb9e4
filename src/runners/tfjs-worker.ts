/** The child process in which TensorFlow runs the original: a crash of the C runtime ends this process, not parity. */
import { mkdirSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { readTensor } from "../formats/read-tensor.js";
import { openSafetensors } from "../formats/safetensors.js";
import { createSafetensorsWriter } from "../formats/safetensors-write.js";
import { hashInput } from "../inputs/hash-input.js";
import { createLineReader } from "./line-reader.js";
import { loadTfjs, readTensorflowVersion } from "./load-tfjs.js";
import type { OpenParams, RecordParams, RecordResult, SampleParams, SampleResult } from "./tfjs-protocol.js";
import { openSession, type Session } from "./tfjs-session.js";

/** The session that is meant when a request names none. */
const MAIN = "main";
const channel = new Socket({ fd: 3, readable: true, writable: true });
// TensorFlow is loaded while parity still reads the graph.
const loading = loadTfjs();
loading.catch(() => {
  // Reported with the first request that needs it.
});
/** By name: the original as it is, and, when it is asked for, the original in double. */
const sessions = new Map<string, Session>();
let queue: Promise<void> = Promise.resolve();

channel.on(
  "data",
  createLineReader((line) => {
    const { id, method, params } = JSON.parse(line) as { id: number; method: string; params: never };
    queue = queue.then(() => answer(id, method, params));
  }),
);
// Ctrl-C reaches every process of the terminal; parity decides what it means and closes the socket.
process.on("SIGINT", () => {});
channel.on("end", () => process.exit(0));
channel.on("error", () => process.exit(0));

function send(message: object): void {
  channel.write(`${JSON.stringify(message)}\n`);
}

async function answer(id: number, method: string, params: never): Promise<void> {
  try {
    send({ id, result: await perform(id, method, params) });
  } catch (error) {
    send({ id, error: describe(error) });
  }
}

function describe(error: unknown): object {
  if (error instanceof ParityError) {
    return { code: error.code, message: error.message, hint: error.hint, where: error.where, detail: error.detail };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "REFERENCE_FAILED", message: text.split("\n")[0], detail: text };
}

async function perform(id: number, method: string, params: never): Promise<unknown> {
  const tfjs = await loading;
  switch (method) {
    case "hello":
      return { tensorflow: readTensorflowVersion(tfjs), "tfjs-node": tfjs.version["tfjs-node"] ?? "unknown" };
    case "open": {
      const { directory, tag, session } = params as OpenParams;
      sessions.get(session ?? MAIN)?.close();
      sessions.delete(session ?? MAIN);
      sessions.set(session ?? MAIN, openSession(tfjs, directory, tag));
      return {};
    }
    case "sample":
      return sample(opened(params), params);
    case "record":
      return record(opened(params), params, (done, total, what) => send({ id, event: "progress", done, total, what }));
    case "close":
      return {};
    default:
      throw new Error(`unknown method ${method}`);
  }
}

function opened(params: { readonly session?: string }): Session {
  const session = sessions.get(params.session ?? MAIN);
  if (session === undefined) throw new Error("no model is open");
  return session;
}

function sample(open: Session, params: SampleParams): SampleResult {
  return { values: open.run([], params.fetches).map((one) => Buffer.from(one.bytes).toString("base64")) };
}

async function record(
  open: Session,
  params: RecordParams,
  progress: (done: number, total: number, what: string) => void,
): Promise<RecordResult> {
  mkdirSync(params.out, { recursive: true });
  const shapes: Record<string, Record<string, readonly number[]>> = {};
  const seconds: Record<string, number> = {};
  const inputs: Record<string, string> = {};
  for (const [index, one] of params.cases.entries()) {
    progress(index, params.cases.length, `case ${one.id}`);
    // Running is synchronous: let the progress line out first.
    await new Promise((resolve) => setImmediate(resolve));
    for (const feed of one.feeds) if ("file" in feed.from) inputs[feed.from.name] = fingerprint(feed.from);
    const start = performance.now();
    const fetched = open.run(one.feeds, params.fetches);
    seconds[one.id] = (performance.now() - start) / 1000;
    const writer = createSafetensorsWriter(
      join(params.out, `${one.id}.safetensors`),
      fetched.map(({ fetch, shape }) => ({ name: fetch.name, dtype: fetch.dtype, shape })),
    );
    try {
      for (const { fetch, shape, bytes } of fetched) {
        writer.write(fetch.name, bytes);
        const perCase = shapes[fetch.name] ?? {};
        perCase[one.id] = shape;
        shapes[fetch.name] = perCase;
      }
      writer.finish();
    } catch (error) {
      writer.abort();
      throw error;
    }
  }
  progress(params.cases.length, params.cases.length, "done");
  return { shapes, seconds, inputs };
}

/** What an input is, as it lies in the file that it is fed from. */
function fingerprint(from: { readonly file: string; readonly name: string }): string {
  const file = openSafetensors(from.file);
  try {
    const tensor = file.tensors.get(from.name);
    if (tensor === undefined) return "missing";
    return hashInput({ dtype: tensor.dtype, shape: [...tensor.shape], data: readTensor(tensor) });
  } finally {
    file.close();
  }
}
