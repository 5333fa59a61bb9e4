import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { loadMap } from "../../src/config/load-map.js";

const MODELS = { reference: "model.ckpt", candidate: "port.py:build" };

describe("the configuration file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "parity-config-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it.each([
    [
      "parity.config.ts",
      'import { defineConfig } from "parity";\nconst seed: number = 3;\nexport default defineConfig({ reference: "model.ckpt", candidate: "port.py:build", seed });',
    ],
    [
      "parity.config.mjs",
      'import { defineConfig } from "parity";\nexport default defineConfig({ reference: "model.ckpt", candidate: "port.py:build", seed: 3 });',
    ],
    ["parity.config.js", 'export const config = { reference: "model.ckpt", candidate: "port.py:build", seed: 3 };'],
    ["parity.config.json", JSON.stringify({ ...MODELS, seed: 3 })],
    ["parity.config.yaml", "reference: model.ckpt\ncandidate: port.py:build\nseed: 3\n"],
    ["parity.config.yml", "reference: model.ckpt\ncandidate: port.py:build\nseed: 3\n"],
  ])("is found and read as %s, without parity being installed beside it", async (name, text) => {
    write(name, text);
    const expected = { path: join(folder, name), directory: folder, config: { ...MODELS, seed: 3 } };
    expect(await loadConfig(undefined, folder)).toEqual(expected);
    expect(await loadConfig(name, folder)).toEqual(expected);
    expect(await loadConfig(folder)).toEqual(expected);
  });

  it("may read its own neighbours and be a promise", async () => {
    write("models.ts", 'export const reference: string = "model.ckpt";');
    write(
      "parity.config.ts",
      'import { reference } from "./models.js";\nexport default Promise.resolve({ reference, candidate: "port.py:build" });',
    );
    expect((await loadConfig(undefined, folder))?.config).toEqual(MODELS);
  });

  it("is read anew after it was changed", async () => {
    write("parity.config.ts", 'export default { reference: "one.ckpt" };');
    await loadConfig(undefined, folder);
    write("parity.config.ts", 'export default { reference: "two.ckpt" };');
    expect((await loadConfig(undefined, folder))?.config.reference).toBe("two.ckpt");
  });

  it("may be missing when the command line says all", async () => {
    expect(await loadConfig(undefined, folder)).toBeNull();
  });

  it("is demanded when it was named", async () => {
    await expect(loadConfig("absent.ts", folder)).rejects.toThrow(
      `There is no configuration file ${join(folder, "absent.ts")}.`,
    );
    await expect(loadConfig(folder)).rejects.toThrow(
      `There is no parity.config.{ts,mjs,js,json,yaml,yml} in ${folder}.`,
    );
  });

  it("is not guessed among several", async () => {
    write("parity.config.ts", "export default {}");
    write("parity.config.yaml", "{}");
    await expect(loadConfig(undefined, folder)).rejects.toThrow(
      "has more than one configuration: parity.config.ts, parity.config.yaml.",
    );
  });

  it("is not a model that was typed in its place", async () => {
    write("model.onnx", "");
    await expect(loadConfig("model.onnx", folder)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining("is not a configuration file"),
        hint: expect.stringContaining("--reference and --candidate"),
      }),
    );
  });

  it("reports an exception in it with its stack, and a syntax error with its place", async () => {
    write("parity.config.ts", 'throw new Error("no such size");');
    await expect(loadConfig(undefined, folder)).rejects.toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: "parity.config.ts could not be loaded: no such size",
        detail: expect.stringContaining("parity.config.ts"),
      }),
    );
    write("parity.config.ts", "export default {\n  reference: ,\n};");
    await expect(loadConfig(undefined, folder)).rejects.toThrow(
      /^parity\.config\.ts could not be loaded: ParseError: Unexpected token .*parity\.config\.ts:2:13$/,
    );
  });

  it("names the line where JSON or YAML breaks", async () => {
    write("parity.config.json", '{\n  "reference": "a",\n  "candidate" "b"\n}');
    await expect(loadConfig(undefined, folder)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining("is not valid JSON"),
        where: expect.objectContaining({ line: 3 }),
      }),
    );
    const yaml = write("other.yaml", "reference: a\ncandidate: [b\n");
    await expect(loadConfig(yaml)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining("is not valid YAML"),
        where: expect.objectContaining({ line: 3 }),
      }),
    );
  });

  it.each([
    ["parity.config.ts", "export const other = 1;"],
    ["parity.config.mjs", "export default () => ({});"],
    ["parity.config.json", "[]"],
    ["parity.config.yaml", ""],
  ])("says that %s holds no configuration when it exports something else", async (name, text) => {
    write(name, text);
    await expect(loadConfig(undefined, folder)).rejects.toThrow(`${name} does not hold a configuration object.`);
  });

  it("points at the key that is wrong", async () => {
    write("parity.config.yaml", "reference: a\ncandidat: b\n");
    await expect(loadConfig(undefined, folder)).rejects.toThrow(
      expect.objectContaining({
        message: 'parity.config.yaml: "candidat" is not a known key.',
        hint: 'Did you mean "candidate"?',
      }),
    );
  });

  it("reads maps from JSON and YAML and refuses other shapes", () => {
    expect(loadMap(write("map.json", '{"model/h0": "h.0"}'))).toEqual({ "model/h0": "h.0" });
    expect(loadMap(write("map.yaml", "model/h0: h.0\n"))).toEqual({ "model/h0": "h.0" });
    expect(() => loadMap(join(folder, "absent.json"))).toThrow(`There is no map file ${join(folder, "absent.json")}.`);
    expect(() => loadMap(write("list.json", "[]"))).toThrow(
      "does not hold an object of reference name → candidate name",
    );
    expect(() => loadMap(write("number.json", '{"model/h0": 3}'))).toThrow('"model/h0" must map to a name, found 3.');
  });
});
