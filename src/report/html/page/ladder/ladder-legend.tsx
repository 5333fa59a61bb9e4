import { AccumulatedMark, LocalMark } from "./ladder-marks.js";

/** What the ladder's marks mean. */
export function LadderLegend({ explicit }: { readonly explicit: boolean }) {
  return (
    <ul class="legend">
      <li>
        <Sample>
          <LocalMark x={14} y={8} wrong={false} />
        </Sample>
        local error: the layer fed the reference's own input
      </li>
      <li>
        <Sample>
          <LocalMark x={14} y={8} wrong />
        </Sample>
        mismatch
      </li>
      <li>
        <Sample>
          <AccumulatedMark x={14} y={8} wrong={false} />
        </Sample>
        accumulated error: the free run
      </li>
      <li>
        <Sample>
          <path class="floor" d="M14 0v16" />
        </Sample>
        noise floor, where it was measured
      </li>
      <li>
        <Sample>
          <path class="zone" d="M0 0H20v16H0z" />
          <path class="limit" d="M20 0v16" />
        </Sample>
        allowed for the local error
        {explicit
          ? " (an explicit tolerance, which judges elements one by one, is drawn for an element of rms size)"
          : ""}
      </li>
    </ul>
  );
}

function Sample({ children }: { readonly children: preact.ComponentChildren }) {
  return (
    <svg width="28" height="16" aria-hidden="true">
      {children}
    </svg>
  );
}
