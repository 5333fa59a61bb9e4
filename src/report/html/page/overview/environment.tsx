import { formatSeconds } from "../../../format-number.js";
import type { CheckResult } from "../../../types.js";
import { Section } from "../section.js";

/** What ran, and how long each step took. */
export function Environment({ result }: { readonly result: CheckResult }) {
  const timings = Object.entries(result.timings).map(([step, seconds]) => [step, formatSeconds(seconds)] as const);
  return (
    <Section id="environment" title="Runtimes and timings">
      <div class="side-by-side">
        <Facts caption="Runtimes" heading="Runtime" value="Version" rows={Object.entries(result.runtimes)} />
        <Facts caption="Timings" heading="Step" value="Time" rows={timings} />
      </div>
    </Section>
  );
}

interface FactsProps {
  readonly caption: string;
  readonly heading: string;
  readonly value: string;
  readonly rows: readonly (readonly [string, string])[];
}

function Facts({ caption, heading, value, rows }: FactsProps) {
  if (rows.length === 0) return null;
  return (
    <table>
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{heading}</th>
          <th scope="col">{value}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, text]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
