import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkNode, minimumNode } from "../../scripts/setup/node-version.mjs";
import { findLockDifference, findMissingFolder } from "../../scripts/setup/npm-packages.mjs";
import { ROOT } from "../helpers/python.js";

const locked = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
const installed = JSON.parse(readFileSync(join(ROOT, "node_modules/.package-lock.json"), "utf8"));

test("what npm has installed from the lock file needs no second install", () => {
  expect(findLockDifference(locked, installed)).toBeNull();
  expect(findMissingFolder(installed, (folder) => existsSync(join(ROOT, folder)))).toBeNull();
});

test("a package that was raised in the lock file is installed anew", () => {
  const raised = structuredClone(locked);
  raised.packages["node_modules/commander"].version = "99.0.0";
  const { version } = installed.packages["node_modules/commander"];
  expect(findLockDifference(raised, installed)).toBe(`commander is ${version}, locked at 99.0.0`);
});

test("a package whose file is another one than the locked one is installed anew", () => {
  const changed = structuredClone(locked);
  changed.packages["node_modules/commander"].integrity = "sha512-AAAA";
  expect(findLockDifference(changed, installed)).toMatch(/^commander .* is not the locked file$/);
});

test("a package that was added to the lock file is noticed, one for another platform is not", () => {
  const more = structuredClone(locked);
  more.packages["node_modules/other-platform"] = { version: "1.0.0", optional: true };
  expect(findLockDifference(more, installed)).toBeNull();
  more.packages["node_modules/@scope/added"] = { version: "1.0.0" };
  expect(findLockDifference(more, installed)).toBe("@scope/added is not installed");
});

test("a package folder that someone removed is noticed", () => {
  expect(findMissingFolder(installed, (folder) => folder !== "node_modules/zod")).toBe("node_modules/zod was removed");
});

test.each(["16.20.2", "18.20.8", "20.18.3"])("Node %s is told to be too old", (version) => {
  expect(() => checkNode(version, minimumNode())).toThrow(`This is Node ${version}; parity needs Node 20.19 or newer.`);
});

test.each(["20.19.0", "20.20.2", "22.0.0", "24.1.0"])("Node %s is accepted", (version) => {
  expect(() => checkNode(version, minimumNode())).not.toThrow();
});
