import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "./python.js";

/** A copy of the checkout's set-up in a folder of its own, in which nothing has been installed. */
export interface BareCheckout {
  readonly folder: string;
  /** An empty folder for programs: with PATH set to it, nothing else is found. */
  readonly programs: string;
  remove(): void;
}

/** @param kind `package` has no sources and no lock file, as when it was installed by npm. */
export function copySetup(kind: "checkout" | "package" = "checkout"): BareCheckout {
  const folder = mkdtempSync(join(tmpdir(), "parity-setup-"));
  const programs = join(folder, "programs");
  mkdirSync(programs);
  for (const part of ["scripts", "package.json", "harness/pyproject.toml"]) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
  if (kind === "checkout") {
    cpSync(join(ROOT, "package-lock.json"), join(folder, "package-lock.json"));
    mkdirSync(join(folder, "src"));
  }
  return { folder, programs, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Gives the copy the npm packages that are installed here. */
export function linkPackages({ folder }: BareCheckout): void {
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

/** Puts a shell script into the copy's own PATH. */
export function addProgram({ programs }: BareCheckout, name: string, body: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

/** Runs the copy's set-up with nothing in PATH but the copy's own programs. */
export async function runSetup(checkout: BareCheckout, args: readonly string[] = [], env: Record<string, string> = {}) {
  const run = await execa(process.execPath, [join(checkout.folder, "scripts", "setup.mjs"), ...args], {
    reject: false,
    stdin: "ignore",
    extendEnv: false,
    env: { PATH: checkout.programs, HOME: checkout.folder, ...env },
  });
  return { exitCode: run.exitCode, output: run.stderr };
}
