// Import boundaries. Data flows one way through the rooms of src/: a room imports from the rooms to its left, never from
// those to its right.

/** The corridor, left to right. `tensorflow` and `onnx` read graphs for the runners and know of no room. */
const CORRIDOR = [
  "tensorflow",
  "onnx",
  "config",
  "inputs",
  "runners",
  "recording",
  "align",
  "compare",
  "judge",
  "diagnose",
  "report",
];

/** What any room may import: errors, file formats, and the plain data that travels the whole corridor. */
const EVERYWHERE = [
  "src/errors.ts",
  "src/package-root.ts",
  "src/formats/",
  "src/recording/types.ts",
  // A `Layout` goes from the alignment to the runners and to the comparison.
  "src/compare/types.ts",
];

const escape = (path) => path.replaceAll(".", "\\.");
const anyOf = (paths) => `^(${paths.map(escape).join("|")})`;

const corridorRules = CORRIDOR.map((room, index) => {
  // Reading graphs needs no configuration, and the configuration no graphs.
  const left = room === "config" || room === "onnx" ? [] : CORRIDOR.slice(0, index);
  return {
    name: `${room}-imports-from-its-left`,
    comment: `src/${room} may import only ${[...left, "formats", "errors"].join(", ")}.`,
    severity: "error",
    from: { path: `^src/${room}/` },
    to: { path: "^src/", pathNot: anyOf([`src/${room}/`, ...left.map((one) => `src/${one}/`), ...EVERYWHERE]) },
  };
});

/** Rooms that compute from plain data to plain data. The kernel's loader is the one file that reads a file: its own. */
const PURE = { path: "^src/(align|compare|judge|diagnose)/", pathNot: "^src/compare/wasm-kernel\\.ts$" };

module.exports = {
  forbidden: [
    ...corridorRules,
    {
      name: "foundations-import-nothing-of-ours",
      comment: "errors.ts, package-root.ts and formats/ stand below everything else.",
      severity: "error",
      from: { path: "^src/(errors\\.ts|package-root\\.ts|formats/)" },
      to: { path: "^src/", pathNot: anyOf(["src/errors.ts", "src/formats/"]) },
    },
    {
      name: "only-the-entrances-import-the-pipeline",
      comment: "check/, inspect/, scaffold/ and doctor/ put the rooms together; the command line and index.ts offer them.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(check/|inspect/|scaffold/|doctor/|cli/|vitest/|index\\.ts$)" },
      to: { path: "^src/(check|inspect|scaffold|doctor|cli)/|^src/index\\.ts$" },
    },
    {
      name: "inspecting-runs-nothing",
      comment: "inspect/ reads files and graphs, and writes text; it starts no side and compares nothing.",
      severity: "error",
      from: { path: "^src/inspect/" },
      to: {
        path: "^src/",
        pathNot: anyOf(["src/inspect/", "src/tensorflow/", "src/config/", "src/report/", "src/formats/", "src/errors.ts"]),
      },
    },
    {
      name: "scaffolding-runs-nothing",
      comment: "scaffold/ reads an original and writes a module; it starts no side and compares nothing.",
      severity: "error",
      from: { path: "^src/scaffold/" },
      to: {
        path: "^src/",
        pathNot: anyOf([
          ...["scaffold", "inspect", "tensorflow", "report", "formats"].map((room) => `src/${room}/`),
          "src/check/read-original.ts",
          "src/config/plain-reference.ts",
          "src/errors.ts",
        ]),
      },
    },
    {
      name: "nothing-imports-the-command-line",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { path: "^src/cli/" },
    },
    {
      name: "pure-rooms-touch-nothing-outside",
      comment: "align, compare, judge and diagnose read no files and start no processes.",
      severity: "error",
      from: PURE,
      to: { path: "^(node:)?(fs|fs/promises|child_process|net|http|https)$|node_modules/execa/" },
    },
    {
      name: "page-runs-in-a-browser",
      comment: "The report page is bundled for the browser: no Node modules.",
      severity: "error",
      from: { path: "^src/report/html/page/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-circles",
      comment: "No module waits for itself while it loads. Types that refer to each other load nothing.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-imports-of-what-is-not-declared",
      comment: "Everything that src/ imports is in package.json.",
      severity: "error",
      from: { path: "^src/" },
      // vitest is declared twice, as a peer of the matcher and for development, which the cruiser takes for undeclared.
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown", "undetermined"], pathNot: "node_modules/vitest/" },
    },
    {
      name: "product-does-not-need-development-packages",
      comment: "preact is bundled into the page; a type is gone after compilation; vitest/ is loaded by vitest.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(report/html/page|vitest)/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "node_modules/@types/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Compiled by its own compiler, out of its own kind of TypeScript.
    exclude: { path: "^src/compare/kernel/" },
    tsConfig: { fileName: "tsconfig.test.json" },
    // Imports of types are imports: a type of a room to the right ties the room to it just as well.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
