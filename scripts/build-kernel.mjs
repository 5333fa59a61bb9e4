// Compiles the comparison kernel (AssemblyScript) to dist/compare/kernel.wasm, or to the path given as the first argument.
// Does nothing when the result is newer than its sources.
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const sources = join(root, "src/compare/kernel");
const target = resolve(process.argv[2] ?? join(root, "dist/compare/kernel.wasm"));

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

const newest = Math.max(
  modifiedAt(fileURLToPath(import.meta.url)),
  ...readdirSync(sources).map((file) => modifiedAt(join(sources, file))),
);

if (modifiedAt(target) < newest) {
  // The compiler is slow to load; it is wanted only when there is something to compile.
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  const { error, stderr } = await asc.main(
    [
      "index.ts",
      "--baseDir",
      sources,
      "--outFile",
      "kernel.wasm",
      "--optimizeLevel",
      "3",
      "--converge",
      "--noAssert",
      "--runtime",
      "stub",
      "--enable",
      "simd",
      // 64 KiB that stay empty, the state, two blocks of 256 KiB (memory.ts), and 1.6 MiB for details (detail-memory.ts).
      "--initialMemory",
      "36",
      "--maximumMemory",
      "36",
    ],
    {
      readFile: (name, base) => {
        try {
          return readFileSync(resolve(base, name), "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => {
        if (name === "kernel.wasm") binary = contents;
      },
    },
  );
  if (error !== null || binary === undefined) {
    console.error(stderr.toString());
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(target), { recursive: true });
    // Written aside and renamed: a process that loads the kernel meanwhile never sees half of it.
    const partial = `${target}.${process.pid}.partial`;
    writeFileSync(partial, binary);
    renameSync(partial, target);
  }
}
