import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { readRequirements, readStringList } from "../../scripts/setup/python-requirements.mjs";
import { PYTHON, ROOT } from "../helpers/python.js";

const TOML = `
[project]
name = "x"  # dependencies = ["not this one"]
dependencies = [
  "torch==2.13.0", # why, with a ] in it
  'numpy==2.4.6; python_version >= "3.11"',
]
[project.optional-dependencies]
test = ["pytest==9.2.0"]
tensorflow = []
[tool.other]
test = ["not this one"]
`;

test("set-up reads the harness's requirements as a real TOML reader does", async () => {
  const code = `
import json, sys
try:
    import tomllib
except ModuleNotFoundError:
    from pip._vendor import tomli as tomllib
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
extras = project["optional-dependencies"]
print(json.dumps(project["dependencies"] + extras["tensorflow"] + extras["test"]))`;
  const { stdout } = await execa(PYTHON, ["-c", code, join(ROOT, "harness/pyproject.toml")]);
  expect(readRequirements()).toEqual(JSON.parse(stdout));
});

test("comments, both kinds of quotes, markers and other tables do not confuse it", () => {
  expect(readStringList(TOML, "project", "dependencies")).toEqual([
    "torch==2.13.0",
    'numpy==2.4.6; python_version >= "3.11"',
  ]);
  expect(readStringList(TOML, "project.optional-dependencies", "test")).toEqual(["pytest==9.2.0"]);
  expect(readStringList(TOML, "project.optional-dependencies", "tensorflow")).toEqual([]);
});

test("a list that is missing or in another form is an error, never an empty list", () => {
  expect(() => readStringList(TOML, "project", "optional")).toThrow("no list optional in [project]");
  expect(() => readStringList(TOML, "absent", "x")).toThrow("no table [absent]");
  expect(() => readStringList("[project]\ndependencies = [1]\n", "project", "dependencies")).toThrow(
    "not a plain list",
  );
  expect(() => readStringList('[project]\ndependencies = ["a"\n', "project", "dependencies")).toThrow(
    "not a plain list",
  );
});

test("every requirement is an exact pin: an open one could pull gigabytes of GPU libraries", () => {
  const open = readRequirements().filter((one) => !/^[\w-]+==[\w.+]+(\s*;.*)?$/.test(one));
  expect(open).toEqual([]);
  expect(readFileSync(join(ROOT, "harness/pyproject.toml"), "utf8")).toContain('"torch==');
});
