import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "./find-program.mjs";
import { findNodeHeaders } from "./node-headers.mjs";
import { findNpm } from "./npm-location.mjs";
import { ROOT } from "./paths.mjs";
import { ownPython, VENV_PYTHON } from "./python-location.mjs";
import { readRequirements } from "./python-requirements.mjs";
import { readJson } from "./read-json.mjs";
import { runChild } from "./run-child.mjs";
import { SetupStop } from "./stop.mjs";
import { findTensorflowWheel, LIBRARIES } from "./tensorflow-wheel.mjs";

/** The N-API version that tfjs-node 4.22 looks for on every Node that parity supports. */
const NAPI = 8;
const VERIFY = fileURLToPath(new URL("verify-addon.cjs", import.meta.url));

/**
 * tfjs-node's install script downloads libtensorflow 2.9 from a host that closed networks do not reach, and .npmrc
 * forbids install scripts. The same C library, newer, comes in the tensorflow-cpu wheel that is installed anyway: this
 * builds the addon against that one. Where tfjs-node was installed with its own library, that is used.
 * @type {import("./types.mjs").Step}
 */
export const tfjsAddon = {
  name: "tfjs-node addon",

  missing() {
    const folder = findTfjsNode();
    if (folder === null) return "@tensorflow/tfjs-node is not installed";
    if (!hasBinary(folder)) return "not built yet";
    const stamp = readJson(stampOf(folder));
    if (stamp === null) return "not verified yet";
    if (stamp.wheel === null) return null;
    const wheel = findTensorflowWheel();
    return wheel === null || wheel.version === stamp.wheel ? null : `built for TensorFlow ${stamp.wheel}`;
  },

  async install(show) {
    const folder = findTfjsNode();
    if (folder === null) {
      throw new SetupStop("@tensorflow/tfjs-node is not installed.", "Install it: npm install --ignore-scripts");
    }
    // Built by an earlier set-up that was broken off, or by hand: if it works, it stays.
    const worksAlready = hasBinary(folder) && readJson(stampOf(folder)) === null && (await tryVerify(show));
    let wheel = null;
    if (worksAlready) {
      wheel = isOwnBinary(folder) ? null : (findTensorflowWheel()?.version ?? null);
    } else {
      wheel = await buildAgainstWheel(folder, show);
      await verify(show);
    }
    writeFileSync(stampOf(folder), `${JSON.stringify({ wheel })}\n`);
  },
};

/** @param {(line: string) => void} show */
async function verify(show) {
  show("multiplying two matrices");
  await runChild(process.execPath, [VERIFY], {
    log: "tfjs-addon-verify",
    failed: "The tfjs-node addon was built but does not work",
    hint: "Please report it with the log.",
    show: () => {},
  });
}

/**
 * @param {(line: string) => void} show
 * @returns {Promise<boolean>}
 */
async function tryVerify(show) {
  try {
    await verify(show);
    return true;
  } catch (error) {
    if (error instanceof SetupStop) return false;
    throw error;
  }
}

/** @returns {string | null} */
function findTfjsNode() {
  // Not createRequire().resolve of its main file: that would do, but node caches failures of packages installed since.
  for (let at = ROOT; ; at = dirname(at)) {
    const folder = join(at, "node_modules", "@tensorflow", "tfjs-node");
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(at) === at) return null;
  }
}

/** @param {string} folder */
function stampOf(folder) {
  return join(folder, "parity-link.json");
}

/** @param {string} folder */
function hasBinary(folder) {
  const library = ["libtensorflow.so", "libtensorflow.so.2", "libtensorflow.2.dylib"];
  return (
    existsSync(join(folder, "lib", `napi-v${NAPI}`, "tfjs_binding.node")) &&
    library.some((name) => existsSync(join(folder, "deps", "lib", name)))
  );
}

/**
 * A binary whose library is a file in `deps/lib`, not our link into the wheel.
 * @param {string} folder
 */
function isOwnBinary(folder) {
  return hasBinary(folder) && !existsSync(join(folder, "deps", "lib", "libtensorflow_cc.so.2"));
}

/**
 * @param {string} folder
 * @param {(line: string) => void} show
 * @returns {Promise<string>} the version of TensorFlow it was built against
 */
async function buildAgainstWheel(folder, show) {
  const wheel = findTensorflowWheel();
  if (wheel === null) {
    const pin = readRequirements()
      .find((one) => one.startsWith("tensorflow"))
      ?.split(";")[0];
    const python = ownPython() ?? VENV_PYTHON;
    throw new SetupStop(
      `${python} has no TensorFlow that the tfjs-node addon could be linked with.`,
      `Install it: ${python} -m pip install ${pin}`,
    );
  }
  const tools = findBuildTools();
  linkLibraries(folder, wheel.folder);
  const options = {
    nodedir: tools.headers,
    python: ownPython() ?? VENV_PYTHON,
    module_name: "tfjs_binding",
    module_path: join(folder, "lib", `napi-v${NAPI}`),
    napi_version: NAPI,
    napi_build_version: NAPI,
    module_root_dir: folder,
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  await runChild(process.execPath, [tools.nodeGyp, "rebuild", ...args], {
    cwd: folder,
    log: "tfjs-addon-build",
    failed: "The tfjs-node addon could not be built",
    hint: "The lines above say why; the C++ compiler must support C++17.",
    show,
  });
  return wheel.version;
}

/** @returns {{ nodeGyp: string, headers: string }} */
function findBuildTools() {
  if ((process.env.CXX ?? findProgram("g++", "c++", "clang++")) === null || findProgram("make") === null) {
    throw new SetupStop(
      "No C++ compiler with make was found; the tfjs-node addon is built with it, once.",
      "On Debian or Ubuntu: apt-get install g++ make",
    );
  }
  const nodeGyp = findNpm()?.nodeGyp ?? findNodeGypInPath();
  if (nodeGyp === null) {
    throw new SetupStop("node-gyp was not found; npm usually carries it.", "Install it: npm install --global node-gyp");
  }
  const headers = findNodeHeaders();
  if (headers === null) {
    throw new SetupStop(
      `The header files of Node ${process.versions.node} were not found beside it.`,
      "On Debian or Ubuntu, for Debian's own Node: apt-get install libnode-dev\n" +
        `For others: ${process.execPath} ${nodeGyp} install\n` +
        "Or name the folder that holds include/node: npm_config_nodedir=/folder npm run setup",
    );
  }
  return { nodeGyp, headers };
}

/** @returns {string | null} */
function findNodeGypInPath() {
  try {
    return createRequire(join(ROOT, "package.json")).resolve("node-gyp/bin/node-gyp.js");
  } catch {
    return null;
  }
}

/**
 * The addon is linked with -ltensorflow and -ltensorflow_framework and finds them at run time in ../../deps/lib, under
 * the names the libraries themselves carry. Links inside the checkout are relative, so that it can be moved.
 * @param {string} folder tfjs-node
 * @param {string} wheel the wheel's tensorflow folder
 */
function linkLibraries(folder, wheel) {
  const [cc = "", framework = ""] = LIBRARIES;
  const lib = join(folder, "deps", "lib");
  rmSync(join(folder, "deps"), { recursive: true, force: true });
  rmSync(join(folder, "lib"), { recursive: true, force: true });
  mkdirSync(lib, { recursive: true });
  for (const [name, target] of [
    ["libtensorflow.so", cc],
    [cc, cc],
    ["libtensorflow_framework.so", framework],
    [framework, framework],
  ]) {
    link(join(wheel, String(target)), join(lib, String(name)));
  }
  link(join(wheel, "include"), join(folder, "deps", "include"));
}

/**
 * @param {string} target
 * @param {string} place
 */
function link(target, place) {
  const inside = !relative(ROOT, target).startsWith("..") && !lstatSync(ROOT).isSymbolicLink();
  symlinkSync(inside ? relative(dirname(place), target) : target, place);
}
