import { useEffect, useRef } from "preact/hooks";
import { FIELDS } from "../route/query.js";
import { SHORTCUTS } from "./shortcuts.js";

/** Keys and the language of the search. A native dialog: it keeps the focus, and Escape closes it. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="help" onClose={onClose}>
      <div class="bar">
        <h2 id="help">Keys and search</h2>
        <button type="button" class="plain" onClick={() => dialog.current?.close()}>
          close
        </button>
      </div>
      <dl class="pairs">
        {SHORTCUTS.map(({ key, words }) => (
          <Line key={key} term={key} words={words} />
        ))}
      </dl>
      <h3>Search</h3>
      <dl class="pairs">
        <Line term="attn c_proj" words="both words in a name or class of either side" />
        <Line term={'"c proj"'} words="the words together" />
        <Line term="verdict:mismatch" words={`a field; there are ${FIELDS.join(", ")}`} />
        <Line term="verdict:mismatch,not-compared" words="either of them" />
        <Line term="-verdict:identical" words="not this; also before words" />
        <Line term="is:output" words="outputs of the model; is:first is the first divergence" />
      </dl>
    </dialog>
  );
}

function Line({ term, words }: { readonly term: string; readonly words: string }) {
  return (
    <>
      <dt>
        <kbd>{term}</kbd>
      </dt>
      <dd>{words}</dd>
    </>
  );
}
