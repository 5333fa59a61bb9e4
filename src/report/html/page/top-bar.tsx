import type { ComponentChildren } from "preact";
import type { CheckResult } from "../../types.js";
import { CopyButton } from "./copy-button.js";
import { describeResultMarkdown } from "./markdown/describe-result.js";
import { formatRoute } from "./route/route.js";
import { ThemeButton } from "./theme-button.js";

interface TopBarProps {
  readonly result: CheckResult;
  readonly onHelp: () => void;
  /** The search. */
  readonly children: ComponentChildren;
}

/** What is always there: the name of the check, the search, and what can be done with the report. */
export function TopBar({ result, onHelp, children }: TopBarProps) {
  return (
    <header class="top">
      <a class="skip" href={formatRoute({ section: "layers" })}>
        To the layers
      </a>
      <p class="models">
        <a href={formatRoute({})}>
          <strong>{result.name}</strong>
        </a>
        <span>
          <span class="side">reference</span> <code>{result.models.reference}</code>
        </span>
        <span>
          <span class="side">candidate</span> <code>{result.models.candidate}</code>
        </span>
      </p>
      {children}
      <div class="actions">
        <CopyButton
          text={() => describeResultMarkdown(result)}
          label="Copy as Markdown: the report"
          words="copy as Markdown"
        />
        <ThemeButton />
        <button type="button" class="plain" aria-label="Keys and search" onClick={onHelp}>
          ?
        </button>
      </div>
    </header>
  );
}
