#!/usr/bin/env node
// `npm run zoo`: correct ports and injected faults of five architectures; prints the table and keeps it in bench/ZOO.md.
// --arch gpt2,conv  --seeds 3 (correct ports)  --fault-seeds 1  --first-seed 1  --pairs 6 (per original)  --only id,id  --causes id,id  --keep  --verbose  --gate
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { check } from "../../dist/index.js";
import { judgePlace } from "./judge.mjs";
import { makeOriginal, NAMES, planPairs, planSingles, randomFrom, readFaults } from "./plan.mjs";
import { meetsTargets, renderTable } from "./table.mjs";

const { values: options } = parseArgs({
  options: {
    arch: { type: "string" },
    seeds: { type: "string", default: "3" },
    // Correct ports are what a false alarm is measured on: they are drawn more often than the far more numerous faults.
    "fault-seeds": { type: "string", default: "1" },
    "first-seed": { type: "string", default: "1" },
    pairs: { type: "string", default: "6" },
    only: { type: "string" },
    causes: { type: "string" },
    share: { type: "string", default: "1" },
    "no-correct": { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
    verbose: { type: "boolean", default: false },
    json: { type: "string" },
    out: { type: "string" },
    gate: { type: "boolean", default: false },
  },
});
const root = fileURLToPath(new URL("../../", import.meta.url));
process.chdir(root);
process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
const python = process.env.PARITY_PYTHON ?? join(root, ".venv/bin/python");
const zoo = join(root, "bench/zoo");
const architectures = (
  options.arch?.split(",") ??
  readdirSync(zoo, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
    .map((entry) => entry.name)
).sort();
const only = options.only?.split(",");
const causes = options.causes?.split(",");
const share = Number(options.share);
const scratch = mkdtempSync(join(tmpdir(), "zoo-"));
const started = Date.now();

const jobs = [];
for (const arch of architectures) {
  const folder = join(zoo, arch);
  const faults = readFaults(python, folder).filter(
    (fault) => (only?.includes(fault.id) ?? true) && (causes?.includes(fault.cause) ?? true),
  );
  for (let seed = Number(options["first-seed"]); seed < Number(options["first-seed"]) + Number(options.seeds); seed++) {
    const directory = join(scratch, `${arch}-${seed}`);
    mkdirSync(directory, { recursive: true });
    const sizes = makeOriginal(python, folder, seed, directory);
    const random = randomFrom(seed * 7919 + arch.length);
    const head = { arch, seed, directory };
    const styles = [...new Set(readFaults(python, folder).flatMap((fault) => fault.styles))];
    if (!options["no-correct"] && only === undefined && causes === undefined)
      for (const style of styles)
        for (const names of NAMES) jobs.push({ ...head, kind: "correct", style, names, places: [] });
    if (seed >= Number(options["first-seed"]) + Number(options["fault-seeds"])) continue;
    for (const one of planSingles(random, faults, sizes))
      if (random() < share) jobs.push({ ...head, kind: "single", ...one });
    for (const one of planPairs(random, faults, sizes, Number(options.pairs)))
      jobs.push({ ...head, kind: "pair", ...one });
  }
}

async function runJob(job) {
  const candidate = {
    model: `${join(zoo, job.arch, "port.py")}:build`,
    kwargs: {
      directory: job.directory,
      style: job.style,
      names: job.names,
      faults: job.places.map((place) => place.ask),
    },
    python,
  };
  const label = `${job.arch}/${job.seed} ${job.style}/${job.names} ${job.places.map((place) => place.ask).join(" + ") || "correct"}`;
  try {
    const result = await check(
      {
        name: "zoo",
        reference: { model: join(job.directory, "model.ckpt") },
        candidate,
        timeout: 120,
        threads: 1,
        seed: job.seed,
      },
      { cwd: root },
    );
    const places = job.places.map((place) => ({ place, ...judgePlace(result, place, job.places.length === 1) }));
    return { job, label, result, places, error: null };
  } catch (error) {
    return { job, label, result: null, places: [], error: error instanceof Error ? error.message : String(error) };
  }
}

function describe({ job, result, places, error }) {
  if (error !== null) return `error: ${error}`;
  if (job.kind === "correct")
    return result.verdict === "parity"
      ? "parity"
      : `FALSE ALARM: ${result.summary.sentence} ${result.findings.map((one) => `${one.cause}@${one.pair}`).join(", ")}`;
  return places
    .map((one) => {
      const marks = ["detected", "placed", "first", "confirmed", "repaired"]
        .map((key) => (one[key] ? key[0] : "-"))
        .join("");
      const wanted = `${one.place.fault.cause}${one.place.fault.observable ? "" : " (not observable)"}`;
      return `${marks} ${wanted}${one.first && one.confirmed ? "" : `  said: ${one.said.slice(0, 4).join("; ") || result.verdict}`}`;
    })
    .join(" | ");
}

const outcomes = [];
let next = 0;
async function work() {
  for (let at = next++; at < jobs.length; at = next++) {
    const outcome = await runJob(jobs[at]);
    outcomes.push(outcome);
    const text = describe(outcome);
    const fine =
      outcome.error === null && (outcome.job.kind === "correct" ? text === "parity" : !text.includes("said:"));
    if (options.verbose || !fine) console.error(`[${outcomes.length}/${jobs.length}] ${outcome.label}: ${text}`);
    else if (outcomes.length % 20 === 0) console.error(`[${outcomes.length}/${jobs.length}]`);
  }
}
await Promise.all(Array.from({ length: Number(options.jobs) }, work));
rmSync(scratch, { recursive: true, force: true });

const table = renderTable(outcomes, {
  seconds: (Date.now() - started) / 1000,
  seeds: Number(options.seeds),
  faultSeeds: Math.min(Number(options.seeds), Number(options["fault-seeds"])),
  firstSeed: Number(options["first-seed"]),
  architectures,
});
console.log(table);
if (options.out !== undefined) writeFileSync(options.out, table);
if (options.json !== undefined)
  writeFileSync(
    options.json,
    JSON.stringify(
      outcomes.map(({ label, job, places, error, result }) => ({
        label,
        kind: job.kind,
        error,
        verdict: result?.verdict ?? null,
        places: places.map(({ place, ...rest }) => ({ fault: place.ask, cause: place.fault.cause, ...rest })),
      })),
      null,
      1,
    ),
  );
if (options.gate && !meetsTargets(outcomes)) process.exitCode = 1;
