/** Each edge: when it was last heard, how far it follows, and what it runs. */

import { modeWord } from "../events/source";
import { PageHead } from "../parts/page";
import { Empty, Loaded } from "../parts/states";
import { ago } from "../time";
import { useNow } from "../use-now";
import { useEdgesOverview } from "./queries";
import { edgeState } from "./state";

const words = { good: "In step", behind: "Look", lost: "No contact", none: "" } as const;

export function EdgesPage() {
  const overview = useEdgesOverview();
  const now = useNow();
  return (
    <>
      <PageHead title="Edges" sub="Edges check every request and serve the picture. Revoking takes force there." />
      <Loaded query={overview} what="The edges">
        {({ edges, headSeq }) =>
          edges.length === 0 ? (
            <div className="c-card">
              <Empty heading="No edge has been heard yet">
                Start one with this platform's address and internal key. It appears here within five seconds.
              </Empty>
            </div>
          ) : (
            <>
              <div className="c-card c-table-card">
                <table className="c-table c-table-cards">
                  <caption className="visually-hidden">Edges</caption>
                  <thead>
                    <tr>
                      <th scope="col">Name</th>
                      <th scope="col">State</th>
                      <th scope="col">Last contact</th>
                      <th scope="col">Lag</th>
                      <th scope="col">Clock</th>
                      <th scope="col">Source</th>
                      <th scope="col">Version</th>
                    </tr>
                  </thead>
                  <tbody>
                    {edges.map((edge) => {
                      const state = edgeState(edge, now);
                      return (
                        <tr key={edge.id}>
                          <th scope="row" className="c-strong">
                            {edge.id}
                          </th>
                          <td data-label="State">
                            <span className={`c-badge c-badge-edge-${state.kind}`}>
                              <span className="c-dot" aria-hidden="true" />
                              {words[state.kind]}
                            </span>
                            {state.kind !== "good" && <span className="c-second-line">{state.words}</span>}
                          </td>
                          <td data-label="Last contact">{ago(edge.lastContactAt, now)}</td>
                          <td data-label="Lag">
                            {edge.lag === null ? "–" : edge.lag === 0 ? "none" : `${edge.lag} changes`}
                          </td>
                          <td data-label="Clock">{offset(edge.clockOffsetMs)}</td>
                          <td data-label="Source">{modeWord(edge.mode)}</td>
                          <td data-label="Version" className="c-mono">
                            {edge.version}
                          </td>
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </div>
              <p className="c-below-table">
                The feed stands at change {headSeq}. An edge that was not heard for 24 hours is forgotten.
              </p>
            </>
          )
        }
      </Loaded>
    </>
  );
}

function offset(ms: number): string {
  if (Math.abs(ms) < 1_000) return "right";
  return `${(Math.abs(ms) / 1_000).toFixed(1)} s ${ms > 0 ? "ahead" : "behind"}`;
}
