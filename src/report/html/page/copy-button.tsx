import { useState } from "preact/hooks";

interface CopyButtonProps {
  /** The text, or how it is made when it is wanted. */
  readonly text: string | (() => string);
  readonly label: string;
  /** What the button says. */
  readonly words?: string;
}

/** Copies the text; where the browser forbids that, it says so and the code beside it can be selected. */
export function CopyButton({ text, label, words = "copy" }: CopyButtonProps) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setState("copied");
    } catch {
      setState("refused");
    }
    setTimeout(() => setState("idle"), 2000);
  };
  const said = { idle: words, copied: "✓ copied", refused: "not allowed here" }[state];
  return (
    <button type="button" class="copy" onClick={copy} aria-label={state === "idle" ? label : said}>
      <span aria-live="polite">{said}</span>
    </button>
  );
}
