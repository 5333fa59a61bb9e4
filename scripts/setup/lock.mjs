import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;

/**
 * Takes a lock file, waiting while a living process holds it. The file names its holder by process id and start time
 * (the id alone comes back soon in a container); a holder that is gone loses the lock.
 * @param {string} file
 * @param {(pid: number) => void} onWait called once, with the holder, when there is something to wait for
 * @returns {Promise<() => void>} gives the lock back
 */
export async function takeLock(file, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${process.pid} ${startTime(process.pid) ?? ""}`;
  const draft = `${file}.${process.pid}`;
  let told = false;
  writeFileSync(draft, mine);
  try {
    // A link appears at once and with its content; a file that is created and then written could be read empty.
    while (!tryLink(draft, file)) {
      const holder = readHolder(file);
      if (holder === null) continue;
      if (!isAlive(holder)) {
        removeStale(file, holder.text);
        continue;
      }
      if (!told) onWait(holder.pid);
      told = true;
      await sleep(POLL_MS);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readHolder(file)?.text === mine) rmSync(file, { force: true });
  };
}

/** @param {string} file */
function readHolder(file) {
  try {
    const text = readFileSync(file, "utf8");
    const [pid, started] = text.split(" ");
    return { text, pid: Number(pid), started };
  } catch {
    return null;
  }
}

/** @param {{ pid: number, started: string | undefined }} holder */
function isAlive({ pid, started }) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EPERM") return false;
  }
  const now = startTime(pid);
  return now === null || started === undefined || started === "" || now === started;
}

/**
 * When the process started, in clock ticks since boot (field 22 of /proc/PID/stat); null where there is no /proc.
 * @param {number} pid
 * @returns {string | null}
 */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may hold spaces: count from the last parenthesis.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/**
 * Two set-ups may find the same stale lock; the slower one must not remove the lock that the faster one has made since.
 * @param {string} file
 * @param {string} staleText
 */
function removeStale(file, staleText) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, "utf8") !== staleText) tryLink(aside, file);
  rmSync(aside, { force: true });
}

/**
 * @param {string} from
 * @param {string} to
 */
function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}
