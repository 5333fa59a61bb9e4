import type { ComponentChildren } from "preact";
import type { LayerDetail } from "../../../details.js";
import type { PairResult } from "../../../types.js";
import type { DetailState } from "../data/use-detail.js";
import type { Route } from "../route/route.js";
import type { Navigate } from "../route/use-route.js";
import { Command } from "./command.js";
import { Histogram } from "./histogram.js";
import { Operations } from "./operations.js";
import { PicturePanel } from "./picture-panel.js";
import { Profile } from "./profile.js";
import { Scatter } from "./scatter.js";
import { Statistics } from "./statistics.js";
import { WorstTable } from "./worst-table.js";

interface LayerBodyProps {
  readonly state: DetailState;
  readonly pair: PairResult;
  readonly route: Route;
  readonly navigate: Navigate;
  /** What is known without the tensors. */
  readonly children: ComponentChildren;
}

/** The tensors of a layer, or a sentence why they are not shown, and what is known without them. */
export function LayerBody({ state, pair, route, navigate, children }: LayerBodyProps) {
  if (state.state === "here") {
    return (
      <Shown detail={state.detail} route={route} navigate={navigate}>
        {children}
      </Shown>
    );
  }
  return (
    <>
      <div class="no-detail">{whyNone(state, pair)}</div>
      {children}
    </>
  );
}

function whyNone(state: Exclude<DetailState, { readonly state: "here" }>, pair: PairResult) {
  switch (state.state) {
    case "loading":
      return <p class="quiet">Unpacking …</p>;
    case "none":
      return (
        <p class="quiet">
          {pair.verdict === "not-compared"
            ? "There are no pictures: the two tensors were not compared."
            : "This report keeps no pictures of the layer's tensors."}
        </p>
      );
    case "damaged":
      return <p class="bad">The pictures of this layer could not be unpacked: {state.why}.</p>;
  }
}

interface ShownProps {
  readonly detail: LayerDetail;
  readonly route: Route;
  readonly navigate: Navigate;
  readonly children: ComponentChildren;
}

function Shown({ detail, route, navigate, children }: ShownProps) {
  const profiles = detail.profiles.filter((profile) => profile.size > 1);
  return (
    <>
      <section aria-labelledby="picture">
        <div class="section-head">
          <h2 id="picture">The tensor</h2>
          <p class="aside">
            {detail.run === "local" ? "the layer fed the reference's own input" : "the free run"}, case {detail.case},{" "}
            {detail.shape.length === 0
              ? "a scalar"
              : detail.shape.map((size, axis) => `${detail.axes[axis] ?? `axis ${axis}`} ${size}`).join(" × ")}
          </p>
        </div>
        <PicturePanel
          detail={detail}
          view={route.picture}
          plane={route.plane}
          onView={(picture) => navigate({ picture })}
          onPlane={(plane) => navigate({ plane })}
        />
      </section>
      <div class="charts">
        <Histogram histogram={detail.histogram} />
        {profiles.map((profile) => (
          <Profile key={profile.axis} profile={profile} name={detail.axes[profile.axis] ?? `axis ${profile.axis}`} />
        ))}
        <Scatter scatter={detail.scatter} />
      </div>
      <div class="figures">
        <WorstTable detail={detail} />
        <Statistics statistics={detail.statistics} />
      </div>
      {children}
      <Operations detail={detail} />
      <Command command={detail.command} />
    </>
  );
}
