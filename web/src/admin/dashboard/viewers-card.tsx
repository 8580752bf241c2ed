/** Viewers over time: drawn, in words, and as a table. */
import { lazy, Suspense, useState } from "react";
import { count } from "../amounts";
import type { ViewersPoint } from "../api/types";
import { Button } from "../parts/button";
import { Segmented } from "../parts/segmented";
import { clockTime, zoneName } from "../time";
import { inWords, type Range, ranges, series } from "./series";

// The drawing library is large, and numbers and words do without it.
const Chart = lazy(() => import("../parts/chart"));

export interface ViewersCardProps {
  points: readonly ViewersPoint[];
  live: number;
  now: number;
}

export function ViewersCard({ points, live, now }: ViewersCardProps) {
  const [range, setRange] = useState<Range>("6h");
  const [asTable, setAsTable] = useState(false);
  const { ms } = ranges.find(({ value }) => value === range) ?? ranges[1];
  const shown = series(points, live, now, ms);
  const words = inWords(shown);
  return (
    <section className="c-card c-chart-card" aria-label="Viewers over time">
      <div className="c-card-head">
        <h2>Viewers over time</h2>
        <Segmented label="Range" value={range} choices={ranges} onChange={setRange} />
      </div>
      {asTable ? (
        <div className="c-chart-table">
          <table className="c-table">
            <caption className="visually-hidden">Viewers over time</caption>
            <thead>
              <tr>
                <th scope="col">Time ({zoneName(now)})</th>
                <th scope="col" className="c-number">
                  Watching
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.times
                .map((time, index) => (
                  <tr key={time}>
                    <th scope="row">{clockTime(time * 1_000)}</th>
                    <td className="c-number">{count(shown.viewers[index] ?? 0)}</td>
                  </tr>
                ))
                .reverse()}
            </tbody>
          </table>
        </div>
      ) : (
        <Suspense fallback={<div className="c-chart-space" />}>
          <Chart series={shown} label={`Viewers over the last ${range}. ${words}`} />
        </Suspense>
      )}
      <div className="c-chart-foot">
        <p>{words}</p>
        <Button kind="plain" size="small" onClick={() => setAsTable(!asTable)}>
          {asTable ? "Show as chart" : "Show as table"}
        </Button>
      </div>
    </section>
  );
}
