import { join } from "node:path";
import { browser } from "./browser.mjs";
import { buildOutputs } from "./build-outputs.mjs";
import { takeLock } from "./lock.mjs";
import { npmPackages } from "./npm-packages.mjs";
import { STATE } from "./paths.mjs";
import { startProgress } from "./progress.mjs";
import { pythonPackages } from "./python-packages.mjs";
import { stopChildren } from "./run-child.mjs";
import { tfjsAddon } from "./tfjs-addon.mjs";

/**
 * Brings everything up to date, or says what is missing.
 * @param {import("./options.mjs").SetupOptions} options
 * @returns {Promise<number>} exit code: 0 all there, 1 something is missing (`--check` only)
 * @throws {import("./stop.mjs").SetupStop} when it cannot go on
 */
export async function runSetup(options) {
  const steps = [
    npmPackages,
    pythonPackages,
    tfjsAddon,
    ...(options.skipBuild ? [] : [buildOutputs]),
    ...(options.withBrowser ? [browser] : []),
  ];
  return options.check ? checkSteps(steps, options) : installSteps(steps, options);
}

/**
 * @param {readonly import("./types.mjs").Step[]} steps
 * @param {{ quiet: boolean }} options
 */
function checkSteps(steps, { quiet }) {
  let missing = 0;
  for (const step of steps) {
    const why = step.missing();
    if (why !== null) missing += 1;
    if (!quiet) process.stderr.write(why === null ? `✓ ${step.name}\n` : `✗ ${step.name}: ${why}\n`);
  }
  return missing === 0 ? 0 : 1;
}

/**
 * @param {readonly import("./types.mjs").Step[]} steps
 * @param {{ quiet: boolean }} options
 */
async function installSteps(steps, { quiet }) {
  const started = performance.now();
  const giveBack = await takeLock(join(STATE, "setup.lock"), (pid) => {
    if (!quiet) process.stderr.write(`… waiting for another set-up (process ${pid}) to finish\n`);
  });
  process.once("exit", giveBack);
  const interrupt = (/** @type {NodeJS.Signals} */ signal) => {
    stopChildren();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    for (const step of steps) await installStep(step, quiet);
  } finally {
    giveBack();
    process.off("exit", giveBack);
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (!quiet) process.stderr.write(`✓ everything parity needs is set up  ${seconds} s\n`);
  return 0;
}

/**
 * @param {import("./types.mjs").Step} step
 * @param {boolean} quiet
 */
async function installStep(step, quiet) {
  const why = step.missing();
  if (why === null) return;
  const progress = startProgress(step.name, why, { quiet });
  try {
    await step.install(progress.show);
  } catch (error) {
    progress.fail();
    throw error;
  }
  progress.done();
}
