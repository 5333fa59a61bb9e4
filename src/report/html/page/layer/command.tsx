import { CopyButton } from "../copy-button.js";

/** The command that checks this layer alone. */
export function Command({ command }: { readonly command: string }) {
  return (
    <section aria-labelledby="command">
      <h3 id="command">Check this layer again</h3>
      <div class="fix">
        <pre>
          <code>{command}</code>
        </pre>
        <CopyButton text={command} label="Copy the command" />
      </div>
    </section>
  );
}
