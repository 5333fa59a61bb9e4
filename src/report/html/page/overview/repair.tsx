import type { Finding } from "../../../types.js";
import { CopyButton } from "../copy-button.js";

/** The change of the user's own line where it is known, else the code that repairs it. */
export function Repair({ finding }: { readonly finding: Finding }) {
  const { rewrite, fix } = finding;
  if (rewrite !== null) {
    return (
      <div class="fix">
        <pre class="diff">
          <code>
            <span class="quiet">{`${rewrite.file}:${rewrite.line}\n`}</span>
            <del>{`− ${rewrite.before.trim()}\n`}</del>
            <ins>{`+ ${rewrite.after.trim()}`}</ins>
          </code>
        </pre>
        <CopyButton text={rewrite.after} label="Copy the repaired line" />
      </div>
    );
  }
  if (fix === null) return null;
  return (
    <div class="fix">
      <pre>
        <code>{fix}</code>
      </pre>
      <CopyButton text={fix} label="Copy the fix" />
    </div>
  );
}
