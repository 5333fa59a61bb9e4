import type { Unmatched } from "../../../../align/types.js";
import { formatCount } from "../../../format-number.js";
import type { CheckResult } from "../../../types.js";
import { ScrollBox } from "../scroll-box.js";
import { Section } from "../section.js";

/** Taps without a partner, outputs first. Listed, never dropped. */
export function UnmatchedTaps({ unmatched }: { readonly unmatched: CheckResult["unmatched"] }) {
  const all = [
    ...unmatched.reference.map((tap) => ({ ...tap, side: "reference" })),
    ...unmatched.candidate.map((tap) => ({ ...tap, side: "candidate" })),
  ];
  if (all.length === 0) return null;
  const outputs = all.filter((tap) => tap.isOutput);
  const sorted = [...outputs, ...all.filter((tap) => !tap.isOutput)];
  return (
    <Section id="unmatched" title="Unmatched taps" aside={formatCount(outputs.length, "output")}>
      <details open={outputs.length > 0}>
        <summary>{formatCount(all.length, "tap")} without a partner</summary>
        <ScrollBox label="Table of unmatched taps" height="tall">
          <table>
            <caption class="hidden">Taps of either side that have no partner</caption>
            <thead>
              <tr>
                <th scope="col">Tap</th>
                <th scope="col">Side</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((tap) => (
                <TapRow key={`${tap.side} ${tap.id}`} tap={tap} side={tap.side} />
              ))}
            </tbody>
          </table>
        </ScrollBox>
      </details>
    </Section>
  );
}

function TapRow({ tap, side }: { readonly tap: Unmatched; readonly side: string }) {
  return (
    <tr>
      <th scope="row">
        <code>{tap.id}</code> {tap.isOutput ? <span class="tag bad">output</span> : null}
      </th>
      <td>{side}</td>
      <td>{tap.why}</td>
    </tr>
  );
}
