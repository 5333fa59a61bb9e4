import type { CheckResult } from "../../../types.js";

/** What nobody should take for checked, and what the reader should know. */
export function Coverage({ result }: { readonly result: CheckResult }) {
  const { notCovered, warnings } = result.summary;
  if (notCovered.length === 0 && warnings.length === 0) return null;
  return (
    <div class="coverage">
      <Points id="not-covered" title="Not covered" sign="–" texts={notCovered} />
      <Points id="warnings" title="Warnings" sign="!" texts={warnings} />
    </div>
  );
}

interface PointsProps {
  readonly id: string;
  readonly title: string;
  readonly sign: string;
  readonly texts: readonly string[];
}

function Points({ id, title, sign, texts }: PointsProps) {
  if (texts.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="points">
        {texts.map((text) => (
          <li key={text}>
            <span class="sign" aria-hidden="true">
              {sign}
            </span>
            {text}
          </li>
        ))}
      </ul>
    </section>
  );
}
