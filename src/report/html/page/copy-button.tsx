import { useState } from "preact/hooks";

/** Copies the text; where the browser forbids that, it says so and the code beside it can be selected. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      setState("refused");
    }
    setTimeout(() => setState("idle"), 2000);
  };
  const words = { idle: "copy", copied: "✓ copied", refused: "not allowed here" }[state];
  return (
    <button type="button" class="copy" onClick={copy} aria-label={state === "idle" ? label : words}>
      <span aria-live="polite">{words}</span>
    </button>
  );
}
