#!/usr/bin/env node
// Prints what the last `npm test` has counted, as "N passed, N failed". The argument is that run's exit code: where it
// failed without a failed test (set-up stopped, a runner died), that counts as one failure.
import { countTests } from "./setup/test-results.mjs";

const { passed, failed } = countTests();
const died = (process.argv[2] ?? "0") !== "0" && failed === 0;
console.log(`${passed} passed, ${died ? 1 : failed} failed`);
