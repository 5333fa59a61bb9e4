// Was a fault found, at the right place, under the right name, proved, and repaired?
import { readFileSync } from "node:fs";
import { patternsOf } from "./plan.mjs";

const bare = (tap) => tap.replace(/[@[].*$/, "");

/** Whether a finding points at the place where the fault was put. */
function isAt(finding, place) {
  const { modules, parameters } = patternsOf(place.fault, place.layer);
  const byParameter = finding.parameters.some((name) => parameters.some((pattern) => pattern.test(name)));
  // A fault of a weight is found at its parameter, or in the module that the parameter belongs to.
  const byModule = [...finding.pairs, finding.behind ?? [], finding.within ?? []]
    .flat()
    .some((tap) => modules.some((pattern) => matches(pattern, bare(tap))));
  return byParameter || byModule || isOnLine(finding, place);
}

/** Whether a finding names the very line (or the one around it) that carries the fault's mark. */
function isOnLine(finding, place) {
  if (finding.source === null) return false;
  const lines = readFileSync(finding.source.file, "utf8").split("\n");
  const near = lines.slice(Math.max(0, finding.source.line - 2), finding.source.line + 1);
  return near.some((line) => new RegExp(`# fault: .*\\b${place.fault.id}\\b(?!-)`).test(line));
}

function matches(pattern, name) {
  const found = pattern.exec(name);
  return found !== null;
}

const right = (fault, cause) => cause === fault.cause || (fault.also ?? []).includes(cause);

/** How one injected fault fared in a result of `check`. */
export function judgePlace(result, place, alone) {
  const { fault } = place;
  const at = result.findings.filter((finding) => isAt(finding, place));
  const named = at.filter((finding) => right(fault, finding.cause));
  const shown = alone ? result.findings : at;
  return {
    detected: result.verdict === "mismatch",
    placed: at.length > 0,
    first: shown.length > 0 && right(fault, shown[0].cause),
    confirmed: named.some((finding) => finding.status === "confirmed"),
    found: at.length > 0 && named.length > 0,
    repaired: result.summary.afterRepairs?.verdict === "parity",
    said: result.findings.map((finding) => `${finding.status} ${finding.cause} @ ${finding.parameter ?? finding.pair}`),
  };
}
