import type { LayerDetail } from "../../../details.js";
import { formatCount, formatShape } from "../../../format-number.js";

/** What both sides compute inside the layer: the port's calls with their lines, the original's ops. */
export function Operations({ detail }: { readonly detail: LayerDetail }) {
  const { calls, ops } = detail;
  if (calls.length === 0 && ops.shown.length === 0) return null;
  return (
    <section aria-labelledby="operations">
      <h3 id="operations">Inside the layer</h3>
      <div class="two">
        <div>
          <h4>Ops of the original</h4>
          {ops.shown.length === 0 ? <p class="quiet">none in its scope</p> : null}
          <ol class="ops">
            {ops.shown.map((op, at) => (
              <li key={at}>
                <b>{op.type}</b> <code class="quiet">{op.name}</code>
              </li>
            ))}
          </ol>
          {ops.cut === 0 ? null : <p class="quiet">{formatCount(ops.cut, "more op")}</p>}
        </div>
        <div>
          <h4>Calls of the port</h4>
          {calls.length === 0 ? <p class="quiet">not recorded for this layer</p> : null}
          <ol class="ops">
            {calls.map((call, at) => (
              <li key={at}>
                <b>{call.name}</b> {call.shape === null ? null : <span class="quiet">{formatShape(call.shape)}</span>}{" "}
                {call.source === null ? null : <code class="quiet">{`${call.source.file}:${call.source.line}`}</code>}
              </li>
            ))}
          </ol>
        </div>
      </div>
    </section>
  );
}
