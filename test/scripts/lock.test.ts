import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "../../scripts/setup/lock.mjs";
import { ROOT } from "../helpers/python.js";

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parity-lock-"));
  lock = join(folder, "setup.lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that takes the lock, runs `body` and gives it back. */
function startHolder(body: string) {
  const code = `
    import { appendFileSync } from "node:fs";
    import { setTimeout as sleep } from "node:timers/promises";
    import { takeLock } from ${JSON.stringify(`${ROOT}scripts/setup/lock.mjs`)};
    const log = (line) => appendFileSync(${JSON.stringify(join(folder, "log"))}, line + "\\n");
    const giveBack = await takeLock(${JSON.stringify(lock)}, () => {});
    ${body}
    giveBack();`;
  return execa(process.execPath, ["--input-type=module", "-e", code], { reject: false });
}

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

test("set-ups started together run one after the other", async () => {
  const body = `log("in"); await sleep(50); log("out");`;
  await Promise.all([startHolder(body), startHolder(body), startHolder(body), startHolder(body)]);
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("in\nout\n".repeat(4));
  expect(existsSync(lock)).toBe(false);
});

test("the one who waits is told once for whom", async () => {
  const holder = startHolder("await sleep(600);");
  await waitFor(() => existsSync(lock));
  const waitedFor: number[] = [];
  const giveBack = await takeLock(lock, (pid) => waitedFor.push(pid));
  giveBack();
  expect(waitedFor).toEqual([holder.pid]);
});

test("the lock of a set-up that was killed does not block the next one", async () => {
  const holder = startHolder("await sleep(60_000);");
  await waitFor(() => existsSync(lock));
  holder.kill("SIGKILL");
  await holder;
  expect(existsSync(lock)).toBe(true);
  const giveBack = await takeLock(lock, () => {});
  expect(readFileSync(lock, "utf8")).toContain(`${process.pid} `);
  giveBack();
  expect(existsSync(lock)).toBe(false);
});

test("a process that happens to have the number of a dead set-up does not count as it", async () => {
  writeFileSync(lock, `${process.pid} 1`);
  const giveBack = await takeLock(lock, () => expect.unreachable("waited for itself"));
  giveBack();
});

test("a damaged lock file does not block set-up", async () => {
  writeFileSync(lock, "");
  const giveBack = await takeLock(lock, () => expect.unreachable("waited for nobody"));
  giveBack();
});
