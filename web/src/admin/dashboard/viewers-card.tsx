/** Viewers over time: drawn, in words, and as a table. */
import { lazy, Suspense, useState } from "react";
import { count } from "../amounts";
import type { ViewersPoint } from "../api/types";
import { Button } from "../parts/button";
import { Segmented } from "../parts/segmented";
import { Loaded } from "../parts/states";
import { zoneName } from "../time";
import { useWeek } from "./queries";
import { inWords, momentIn, type Range, ranges, series } from "./series";

// The drawing library is large, and numbers and words do without it.
const Chart = lazy(() => import("../parts/chart"));

export interface ViewersCardProps {
  points: readonly ViewersPoint[];
  live: number;
  now: number;
  /** Of all events together: their week can be shown too. */
  ofAll?: boolean;
}

export function ViewersCard({ points, live, now, ofAll = false }: ViewersCardProps) {
  const [range, setRange] = useState<Range>("6h");
  const [asTable, setAsTable] = useState(false);
  const week = useWeek(range === "7d");
  const way = { live, now, range, asTable, onTable: setAsTable };
  const choices = ofAll ? ranges : ranges.filter(({ value }) => value !== "7d");
  return (
    <section className="c-card c-chart-card" aria-label="Viewers over time">
      <div className="c-card-head">
        <h2>Viewers over time</h2>
        <Segmented label="Range" value={range} choices={choices} onChange={setRange} />
      </div>
      {range === "7d" ? (
        <Loaded query={week} what="The week">
          {(data) => <Shown {...way} points={data} />}
        </Loaded>
      ) : (
        <Shown {...way} points={points} />
      )}
    </section>
  );
}

interface ShownProps extends ViewersCardProps {
  range: Range;
  asTable: boolean;
  onTable: (asTable: boolean) => void;
}

function Shown({ points, live, now, range, asTable, onTable }: ShownProps) {
  const { ms, said } = ranges.find(({ value }) => value === range) ?? ranges[1];
  const shown = series(points, live, now, ms);
  const moment = momentIn(range, now);
  const words = inWords(shown, moment);
  return (
    <>
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
                    <th scope="row">{moment(time * 1_000)}</th>
                    <td className="c-number">{count(shown.viewers[index] ?? 0)}</td>
                  </tr>
                ))
                .reverse()}
            </tbody>
          </table>
        </div>
      ) : (
        <Suspense fallback={<div className="c-chart-space" />}>
          <Chart series={shown} moment={moment} label={`Viewers over the last ${said}. ${words}`} />
        </Suspense>
      )}
      <div className="c-chart-foot">
        <p>{words}</p>
        <Button kind="plain" size="small" onClick={() => onTable(!asTable)}>
          {asTable ? "Show as chart" : "Show as table"}
        </Button>
      </div>
    </>
  );
}
