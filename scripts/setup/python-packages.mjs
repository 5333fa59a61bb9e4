import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findBasePython, hasVenv, ownPython, VENV, VENV_PYTHON } from "./python-location.mjs";
import { readRequirements } from "./python-requirements.mjs";
import { readJson } from "./read-json.mjs";
import { runChild } from "./run-child.mjs";
import { SetupStop } from "./stop.mjs";

const STAMP = join(VENV, "parity-setup.json");
/** What the harness imports at its start. */
const NEEDED = ["torch", "numpy", "safetensors"];

/** @type {import("./types.mjs").Step} */
export const pythonPackages = {
  name: "Python packages",

  missing() {
    const own = ownPython();
    if (own !== null) return findProblemOfOwn(own);
    if (!hasVenv()) return ".venv is missing";
    return readJson(STAMP)?.requirements === hashRequirements()
      ? null
      : "harness/pyproject.toml asks for other versions";
  },

  async install(show) {
    const own = ownPython();
    if (own !== null) throw stopForOwn(own);
    if (!hasVenv()) await makeVenv(show);
    const pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"];
    await runChild(VENV_PYTHON, [...pip, ...readRequirements()], {
      log: "pip-install",
      failed: "pip could not install the Python packages",
      hint: "Check the network or the package index that pip uses (python -m pip config list), then run this again.",
      show,
    });
    writeFileSync(STAMP, `${JSON.stringify({ requirements: hashRequirements() })}\n`);
  },
};

/** @param {(line: string) => void} show */
async function makeVenv(show) {
  const base = findBasePython();
  show(`making .venv with ${base}`);
  // --clear: a folder without a working interpreter is of no use to anyone.
  await runChild(base, ["-m", "venv", "--clear", VENV], {
    log: "venv",
    failed: "The virtual environment could not be made",
    hint: "On Debian or Ubuntu: apt-get install python3-venv",
    show,
  });
}

function hashRequirements() {
  return createHash("sha256").update(readRequirements().join("\n")).digest("hex");
}

/**
 * Looks for the packages without importing them: importing torch takes seconds.
 * @param {string} python
 * @returns {string | null}
 */
function findProblemOfOwn(python) {
  const code = `import importlib.util as u; print(*[n for n in ${JSON.stringify(NEEDED)} if u.find_spec(n) is None])`;
  const run = spawnSync(python, ["-c", code], { encoding: "utf8" });
  if (run.status !== 0) return `PARITY_PYTHON=${python} does not run`;
  const lacking = run.stdout.trim();
  return lacking === "" ? null : `PARITY_PYTHON=${python} lacks ${lacking.replaceAll(" ", ", ")}`;
}

/**
 * The user's own environment is not set-up's to change.
 * @param {string} python
 */
function stopForOwn(python) {
  // Of two pins for different Pythons the first, which is for the newer ones.
  const wanted = NEEDED.map(
    (name) =>
      readRequirements()
        .find((one) => one.startsWith(`${name}=`))
        ?.split(";")[0] ?? name,
  );
  const works = existsSync(python) || !python.includes("/");
  return new SetupStop(
    `${findProblemOfOwn(python) ?? "PARITY_PYTHON cannot be used"}.`,
    works
      ? `Install what is missing: ${python} -m pip install ${wanted.join(" ")}\nOr unset PARITY_PYTHON, and set-up makes its own .venv.`
      : "Correct PARITY_PYTHON, or unset it, and set-up makes its own .venv.",
  );
}
