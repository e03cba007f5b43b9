// A long series as a path of a few points: per pixel its first, lowest, highest and last value.

import { lastUpTo } from "../sorted.js";

export const GAP = 0.5; // seconds without a sample that interrupt the line

/** An SVG path through `values` over `times` between `from` and `to`; `x` and `y` turn them into pixels. `gap`: see GAP. */
export function path(times, values, from, to, x, y, gap = GAP) {
  const first = Math.max(0, lastUpTo(times, from) - 1);
  const last = Math.min(times.length - 1, lastUpTo(times, to) + 1);
  const parts = [];
  let before = -Infinity;
  let column = null;
  let alone = false;
  const put = (kind, time, value) => parts.push(`${kind}${x(time).toFixed(1)} ${y(value).toFixed(1)}`);
  const flush = () => {
    if (!column) return;
    const { low, high, end, time } = column;
    for (const value of column.rises ? [low, high] : [high, low]) put("L", time, value);
    put("L", end.time, end.value);
    column = null;
  };
  for (let i = first; i <= last; i++) {
    const [time, value] = [times[i], values[i]];
    const pixel = Math.round(x(time));
    if (time - before > gap) {
      flush();
      if (alone) parts.push("h0.1"); // a single sample is a dot
      put("M", time, value);
      alone = true;
    } else {
      alone = false;
      if (column && column.pixel !== pixel) flush();
      if (!column) column = { pixel, time, low: value, high: value, rises: true, end: { time, value } };
      if (value < column.low) [column.low, column.rises] = [value, false];
      if (value > column.high) [column.high, column.rises] = [value, true];
      column.end = { time, value };
    }
    before = time;
  }
  flush();
  if (alone) parts.push("h0.1");
  return parts.join("");
}

/** A closed SVG path, `widths` above and below `values` up to ±1, per pixel as wide as anywhere in it; as `path` otherwise. */
export function around(times, values, widths, from, to, x, y, gap = GAP) {
  const first = Math.max(0, lastUpTo(times, from) - 1);
  const last = Math.min(times.length - 1, lastUpTo(times, to) + 1);
  const runs = [];
  let before = -Infinity;
  for (let i = first; i <= last; i++) {
    if (widths[i] === null) continue;
    const [pixel, high, low] = [Math.round(x(times[i])), Math.min(1, values[i] + widths[i]), Math.max(-1, values[i] - widths[i])];
    if (times[i] - before > gap) runs.push([]);
    before = times[i];
    const run = runs[runs.length - 1];
    const column = run[run.length - 1];
    if (column?.pixel === pixel) [column.high, column.low] = [Math.max(column.high, high), Math.min(column.low, low)];
    else run.push({ pixel, high, low });
  }
  const edge = (run, side) => run.map((column) => `${column.pixel} ${y(column[side]).toFixed(1)}`).join("L");
  return runs.map((run) => `M${edge(run, "high")}L${edge(run.toReversed(), "low")}Z`).join("");
}
