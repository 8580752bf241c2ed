/** A line of viewers over time, drawn on a canvas; what it shows is also said in words and, on request, as a table. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count } from "../amounts";
import type { Series } from "../dashboard/series";
import { clockTime, dayAndMonth } from "../time";

const HEIGHT = 340;

interface ChartProps {
  series: Series;
  label: string;
  /** How a moment on the chart is said. */
  moment: (at: number) => string;
}

export default function Chart({ series, label, moment }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const shown = useRef(series);
  shown.current = series;

  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const made = new uPlot(
      options(box.clientWidth, () => shown.current, setAt),
      aligned(shown.current),
      box,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    resized.observe(box);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(aligned(series)), [series]);

  const onKeyDown = (key: KeyboardEvent) => {
    const last = series.times.length - 1;
    const next = {
      ArrowLeft: Math.max(0, (at ?? last + 1) - 1),
      ArrowRight: Math.min(last, (at ?? last - 1) + 1),
      Home: 0,
      End: last,
    }[key.key];
    if (next === undefined) return;
    key.preventDefault();
    const time = series.times[next];
    const value = series.viewers[next];
    if (time === undefined || value === undefined || plot.current === null) return;
    plot.current.setCursor({ left: plot.current.valToPos(time, "x"), top: plot.current.valToPos(value, "y") });
    setAt(next);
  };
  const pointed = at === null ? null : pointAt(plot.current, series, at);
  return (
    <div className="c-chart">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the cross-hair */}
      <div ref={place} role="img" aria-label={label} tabIndex={0} onKeyDown={onKeyDown} onBlur={() => setAt(null)} />
      {pointed !== null && (
        <div className="c-chart-label" data-side={pointed.side} style={{ left: pointed.left, top: pointed.top }}>
          {moment(pointed.time)}
          <strong>{count(pointed.viewers)} watching</strong>
        </div>
      )}
      <div className="visually-hidden" aria-live="polite">
        {pointed !== null && `${moment(pointed.time)}, ${count(pointed.viewers)} watching`}
      </div>
    </div>
  );
}

const aligned = ({ times, viewers }: Series): uPlot.AlignedData => [times, viewers];

function pointAt(plot: uPlot | null, { times, viewers }: Series, index: number) {
  const time = times[index];
  const value = viewers[index];
  if (plot === null || time === undefined || value === undefined) return null;
  const inPlot = plot.valToPos(time, "x");
  const left = plot.over.offsetLeft + inPlot;
  const side = inPlot > plot.over.clientWidth / 2 ? "left" : "right";
  return { time: time * 1_000, viewers: value, left, top: plot.over.offsetTop + 12, side };
}

/** Colours come from the page, so that forced colours and themes reach the canvas. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "GrayText";
}

function options(width: number, shown: () => Series, onPoint: (index: number | null) => void): uPlot.Options {
  const axis = { stroke: colour("--muted"), font: "12px Inter, system-ui, sans-serif", ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    // On the right, half of a label may stand.
    padding: [12, 20, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 10, fill: colour("--accent-fill"), stroke: colour("--surface"), width: 2 },
      drag: { x: false, y: false },
    },
    scales: {
      x: { time: true, range: (_, __, end) => [Math.min(shown().from, end), end] },
      y: { range: (_, __, max) => [0, niceTop(max)] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_, splits) => splits.map(timeOnAxis), space: 72, size: 34 },
      {
        ...axis,
        grid: { stroke: colour("--line"), width: 1 },
        splits: (_, __, ___, max) => [0, 1, 2, 3, 4, 5].map((step) => (max / 5) * step),
        values: (_, splits) => splits.map((value) => count(value)),
        size: 44,
        gap: 8,
      },
    ],
    series: [{}, { stroke: colour("--accent-fill"), width: 2, fill: area, points: { show: false }, spanGaps: true }],
    hooks: {
      setCursor: [
        (plot) => onPoint(plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null),
      ],
    },
  };
}

function timeOnAxis(seconds: number): string {
  const iso = new Date(seconds * 1_000).toISOString();
  const time = clockTime(iso);
  return time === "00:00" ? dayAndMonth(iso, new Date()) : time;
}

/** The least of 5, 10, 25, 50, 100, 250, … that holds the largest value: five rules with whole numbers on them. */
export function niceTop(max: number | null): number {
  let top = 5;
  const factors = [2, 2.5, 2];
  for (let step = 0; top < (max ?? 0); step += 1) top *= factors[step % factors.length] ?? 2;
  return top;
}

function area(plot: uPlot): CanvasGradient | string {
  const { top, height } = plot.bbox;
  if (height === 0) return "transparent";
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, "rgb(59 130 246 / 24%)");
  gradient.addColorStop(1, "rgb(59 130 246 / 2%)");
  return gradient;
}
