import { formatCount, formatShape } from "../../../format-number.js";
import type { CheckResult } from "../../../types.js";
import { ScrollBox } from "../scroll-box.js";
import { Section } from "../section.js";

/** The inputs, with the hash that was the same on both sides. */
export function Cases({ cases }: { readonly cases: CheckResult["cases"] }) {
  if (cases.length === 0) return null;
  return (
    <Section id="cases" title="Cases" aside={formatCount(cases.length, "case")}>
      <ScrollBox label="Table of cases">
        <table>
          <caption class="hidden">Cases and their inputs</caption>
          <thead>
            <tr>
              <th scope="col">Case</th>
              <th scope="col">Input</th>
              <th scope="col">Shape</th>
              <th scope="col">dtype</th>
              <th scope="col">sha256</th>
            </tr>
          </thead>
          <tbody>
            {cases.flatMap((one) =>
              one.inputs.map((input, at) => (
                <tr key={`${one.id} ${input.name}`}>
                  <th scope="row">{at === 0 ? `${one.id}: ${one.label}` : <span class="hidden">{one.id}</span>}</th>
                  <td>
                    <code>{input.name}</code>
                  </td>
                  <td>{formatShape(input.shape)}</td>
                  <td>{input.dtype}</td>
                  <td>
                    <code title={input.sha256}>{input.sha256.slice(0, 16)}…</code>
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </ScrollBox>
    </Section>
  );
}
