import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseResult } from "../../src/report/json.js";
import { writeReports } from "../../src/report/write-reports.js";
import { buildReportPage } from "../helpers/report-page.js";
import { badResult } from "../helpers/sample-result.js";

let folder = "";
beforeAll(async () => {
  await buildReportPage();
  folder = await mkdtemp(join(tmpdir(), "parity-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("both reports are written into folders that did not exist, with nothing left beside them", async () => {
  const dir = join(folder, "a/b");
  const paths = await writeReports(badResult(), { dir, formats: ["json", "html"] });
  expect(paths).toEqual([join(dir, "report.json"), join(dir, "index.html")]);
  expect((await readdir(dir)).sort()).toEqual(["index.html", "report.json"]);
  expect(parseResult(await readFile(join(dir, "report.json"), "utf8"))).toEqual(badResult());
});

test("an older report is replaced", async () => {
  const dir = join(folder, "again");
  await writeReports({ ...badResult(), name: "old" }, { dir, formats: ["json"] });
  await writeReports({ ...badResult(), name: "new" }, { dir, formats: ["json"] });
  expect(parseResult(await readFile(join(dir, "report.json"), "utf8")).name).toBe("new");
});

test("a folder that cannot be made is an error that names it and the option", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  await expect(writeReports(badResult(), { dir: join(file, "sub"), formats: ["json"] })).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    where: { file: join(file, "sub") },
    hint: expect.stringContaining("--out DIR"),
  });
});
