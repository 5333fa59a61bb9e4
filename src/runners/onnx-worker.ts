/** The child process in which onnxruntime runs an ONNX candidate: a crash of it ends this process, not parity. */
import { Socket } from "node:net";
import { ParityError } from "../errors.js";
import { createLineReader } from "./line-reader.js";
import { NoDouble } from "./onnx-run.js";
import { OnnxService } from "./onnx-service.js";

const channel = new Socket({ fd: 3, readable: true, writable: true });
const service = new OnnxService();
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
  const progress = (done: number, total: number, what: string): void =>
    send({ id, event: "progress", done, total, what });
  try {
    send({ id, result: await service.perform(method, params, progress) });
  } catch (error) {
    send({ id, error: describe(error) });
  }
}

function describe(error: unknown): object {
  if (error instanceof NoDouble) return { code: "PRECISION_UNSUPPORTED", message: error.message };
  if (error instanceof ParityError) {
    return { code: error.code, message: error.message, hint: error.hint, where: error.where, detail: error.detail };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "CANDIDATE_FAILED", message: text.split("\n")[0], detail: text };
}
