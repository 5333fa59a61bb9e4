// The comparison kernel against what one would write in Python: numpy computing the same figures, np.allclose and
// torch.testing.assert_close. Two float32 arrays of 64 MiB, small noise, one thread, medians of five runs in one process each.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const REPEATS = 5;
const COUNT = (64 * 2 ** 20) / 4;
const BOUNDS = { atol: 1e-6, rtol: 1e-5 };
const root = fileURLToPath(new URL("../", import.meta.url));
const python = process.env.PARITY_PYTHON ?? join(root, ".venv/bin/python");

/** Bundles the sources as they are now, with the kernel beside them. */
async function loadCompare(directory) {
  const outfile = join(directory, "compare", "compare.mjs");
  mkdirSync(join(directory, "compare"));
  execFileSync(process.execPath, [join(root, "scripts/build-kernel.mjs"), join(directory, "compare", "kernel.wasm")]);
  await build({
    stdin: {
      contents: `export * from "./compare-tensors.js"; export * from "./sketch.js"; export * from "./compare-plain.js";
        export * from "./profile.js"; export * from "./logits.js";`,
      resolveDir: join(root, "src/compare"),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
  });
  return import(pathToFileURL(outfile));
}

/** The 32-bit xorshift generator (Marsaglia, 2003), as numbers in [−0.5, 0.5). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 32;
  };
}

function tensorOf(dtype, shape, array) {
  const bytes = new Uint8Array(array.buffer);
  return {
    name: "bench",
    dtype,
    shape,
    byteLength: bytes.length,
    location: { file: "memory" },
    read: (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}

function median(run, repeats = REPEATS) {
  run();
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1e3;
  });
  return times.sort((a, b) => a - b)[Math.floor(repeats / 2)];
}

function runPython(files) {
  const environment = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  delete environment.OPENBLAS_CORETYPE;
  delete environment.OPENBLAS_L2_SIZE;
  const output = execFileSync(python, [join(root, "bench/kernel.py"), ...files, String(REPEATS)], { env: environment });
  return JSON.parse(output.toString());
}

function checkSameFigures(metrics, theirs) {
  const pairs = [
    ["maxAbs", metrics.maxAbs.value],
    ["maxAbsAt", metrics.maxAbs.index[0]],
    ["maxRel", metrics.maxRel.value],
    ["maxRelAt", metrics.maxRel.index[0]],
    ["meanAbs", metrics.meanAbs],
    ["rms", metrics.rms],
    ["cosine", metrics.cosine],
    ["over", metrics.overTolerance.count],
    ["smallestTolerance", metrics.smallestTolerance],
    ["ulpMax", metrics.ulpMax],
  ];
  for (const [name, ours] of pairs) {
    if (Math.abs(ours - theirs[name]) > 1e-9 * Math.abs(theirs[name])) {
      throw new Error(`${name}: ${ours} here, ${theirs[name]} in numpy`);
    }
  }
}

const directory = mkdtempSync(join(tmpdir(), "parity-bench-"));
try {
  const { compareTensors, comparePlain, sketchTensor, profileTensors } = await loadCompare(directory);
  const random = randomNumbers(1);
  const reference = Float32Array.from({ length: COUNT }, () => 4 * random());
  const candidate = reference.map((value) => value * (1 + 2e-6 * random()));
  const files = [join(directory, "reference.bin"), join(directory, "candidate.bin")];
  writeFileSync(files[0], new Uint8Array(reference.buffer));
  writeFileSync(files[1], new Uint8Array(candidate.buffer));
  const python = runPython(files);

  const r = tensorOf("float32", [COUNT], reference);
  const c = tensorOf("float32", [COUNT], candidate);
  checkSameFigures(compareTensors(r, c, { bounds: BOUNDS }), python.figures);
  const kernel = median(() => compareTensors(r, c, { bounds: BOUNDS }));
  const rows = [
    ["parity, kernel, all figures", kernel],
    ["parity, kernel, without bounds", median(() => compareTensors(r, c))],
    ["parity, kernel, identical tensors", median(() => compareTensors(r, r))],
    ["parity, plain TypeScript twin", median(() => comparePlain(r, c, COUNT, BOUNDS), 3)],
    ["numpy, the same figures", python.times.numpy],
    ["np.allclose", python.times.allclose],
    ["torch.testing.assert_close", python.times.assert_close],
  ];
  const rate = (bytes, seconds) => (bytes / seconds / 1e9).toFixed(2);
  console.log(`${cpus()[0].model}, one core; node ${process.version}, numpy ${python.numpy}, torch ${python.torch}\n`);
  console.log("| two float32 arrays of 64 MiB | seconds | GB/s | time ÷ kernel |\n|---|---:|---:|---:|");
  for (const [name, seconds] of rows) {
    console.log(`| ${name} | ${seconds.toFixed(3)} | ${rate(8 * COUNT, seconds)} | ${(seconds / kernel).toFixed(1)} |`);
  }

  const shape = [3072, 768];
  const size = shape[0] * shape[1];
  const square = tensorOf("float32", shape, reference.slice(0, size));
  const turned = tensorOf("float32", [768, 3072], candidate.slice(0, size));
  const layout = { permute: [1, 0], reshape: null };
  const halves = tensorOf(
    "bfloat16",
    [COUNT],
    new Uint16Array(COUNT).map((_, i) => 0x3f80 + (i % 64)),
  );
  const wide = tensorOf("float64", [COUNT / 4], Float64Array.from(reference.subarray(0, COUNT / 4)));
  const image = tensorOf("float32", [64, 512, 512], reference);
  const others = [
    ["3072×768, transposed", 8 * size, median(() => compareTensors(square, turned, { layout }))],
    ["bfloat16, 2 × 32 MiB", 4 * COUNT, median(() => compareTensors(halves, halves), 3)],
    ["float64, 2 × 32 MiB", 4 * COUNT, median(() => compareTensors(wide, wide), 3)],
    [
      "axis profiles, three axes",
      8 * COUNT,
      median(() => profileTensors(image, image, { permute: null, reshape: null }), 3),
    ],
    ["sketch of one float32 tensor", 4 * COUNT, median(() => sketchTensor(r))],
  ];
  console.log("\n| parity, other work | seconds | GB/s |\n|---|---:|---:|");
  for (const [name, bytes, seconds] of others)
    console.log(`| ${name} | ${seconds.toFixed(3)} | ${rate(bytes, seconds)} |`);
} finally {
  rmSync(directory, { recursive: true });
}
