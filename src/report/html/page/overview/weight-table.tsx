import { useMemo, useState } from "preact/hooks";
import { formatCount, formatError, formatShape } from "../../../format-number.js";
import type { WeightResult, WeightVerdict } from "../../../types.js";
import { ScrollBox } from "../scroll-box.js";
import { Section } from "../section.js";
import { useGrowing } from "../use-growing.js";

const LOOKS: Readonly<Record<WeightVerdict, { sign: string; words: string; wrong: boolean }>> = {
  differs: { sign: "✗", words: "differs", wrong: true },
  unassigned: { sign: "?", words: "unassigned", wrong: true },
  "equal-by-function": { sign: "✓", words: "equal by function", wrong: false },
  equal: { sign: "✓", words: "equal", wrong: false },
};

/** The ledger of weights: what differs stands first, the rest in the checkpoint's order. */
export function WeightTable({ weights }: { readonly weights: readonly WeightResult[] }) {
  const [text, setText] = useState("");
  const wrong = weights.filter((weight) => LOOKS[weight.verdict].wrong);
  const shown = useMemo(() => {
    const sorted = [...wrong, ...weights.filter((weight) => !LOOKS[weight.verdict].wrong)];
    const wanted = text.toLowerCase();
    return sorted.filter((weight) => `${weight.candidate} ${weight.reference}`.toLowerCase().includes(wanted));
  }, [weights, text]);
  const drawn = useGrowing(shown.length);
  if (weights.length === 0) return null;
  const aside = wrong.length === 0 ? "all equal" : `${wrong.length} of ${weights.length} not equal`;
  return (
    <Section id="weights" title="Weights" aside={aside}>
      {/* Open when there is something to see. */}
      <details open={wrong.length > 0}>
        <summary>{formatCount(weights.length, "weight")}</summary>
        <div class="filter">
          <label>
            <span class="quiet">Filter </span>
            <input
              type="search"
              placeholder="parameter or variable"
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        </div>
        <ScrollBox label="Table of weights" height="tall">
          <table>
            <caption class="hidden">Parameters of the candidate and the checkpoint variables they hold</caption>
            <thead>
              <tr>
                <th scope="col">Parameter</th>
                <th scope="col">Variable</th>
                <th scope="col">Stored as</th>
                <th scope="col">Needed</th>
                <th scope="col" class="figure">
                  Largest difference
                </th>
                <th scope="col">Verdict</th>
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, drawn).map((weight) => (
                <WeightRow key={`${weight.candidate} ${weight.reference}`} weight={weight} />
              ))}
            </tbody>
          </table>
        </ScrollBox>
      </details>
    </Section>
  );
}

function WeightRow({ weight }: { readonly weight: WeightResult }) {
  const { sign, words, wrong } = LOOKS[weight.verdict];
  return (
    <tr>
      <th scope="row">
        <Named name={weight.candidate} shape={weight.shape.candidate} none="no parameter" />
      </th>
      <td>
        <Named name={weight.reference} shape={weight.shape.reference} none="no variable" />
      </td>
      <td>{weight.transform}</td>
      <td>{weight.expected}</td>
      <td class="figure">{weight.maxAbs === null ? "–" : formatError(weight.maxAbs)}</td>
      <td class={wrong ? "bad" : ""}>
        {sign} {words}
        {weight.note === null ? null : <div class="quiet">{weight.note}</div>}
      </td>
    </tr>
  );
}

interface NamedProps {
  readonly name: string | null;
  readonly shape: readonly number[] | null;
  readonly none: string;
}

function Named({ name, shape, none }: NamedProps) {
  if (name === null) return <span class="quiet">{none}</span>;
  return (
    <>
      <code>{name}</code> <span class="quiet nowrap">{shape === null ? "" : formatShape(shape)}</span>
    </>
  );
}
