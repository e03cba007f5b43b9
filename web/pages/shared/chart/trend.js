// The overview of a series with far more samples than pixels, whose own line would be a solid block: how it goes on the
// whole, and how far it swings meanwhile.

import { lastUpTo } from "../sorted.js";

const DENSE = 8; // samples per pixel from which on it is shown so
const PART = 4; // pixels that are taken together
const SPREAD = [0.1, 0.9]; // between these shares of the sorted values lies the band

/** What the overview shows, for its legend. */
export const TREND = "Mean, and the band that holds the middle 80 % of the values. Zoom in to see each.";

/**
 * {line, band}: SVG paths through `values` over `times`; null where each sample can be seen. `scale`: as `scales` makes
 * it, for `view`; `gap`: seconds without a sample that interrupt both.
 */
export function trend(times, values, view, scale, gap) {
  const [first, last] = [lastUpTo(times, view.from) + 1, lastUpTo(times, view.to)];
  if (last - first < DENSE * (scale.right - scale.left)) return null;
  const runs = [];
  let before = -Infinity;
  let part = null;
  for (let i = first; i <= last; i++) {
    const number = Math.floor((scale.x(times[i]) - scale.left) / PART);
    if (times[i] - before > gap) runs.push([]);
    if (times[i] - before > gap || number !== part.number) runs.at(-1).push((part = { number, values: [] }));
    part.values.push(values[i]);
    before = times[i];
  }
  let [line, band] = ["", ""];
  for (const run of runs) {
    scraps(run);
    const points = run.map(({ number, values: own }) => point(scale.left + (number + 0.5) * PART, own, scale));
    const edge = (list, name) => list.map((one) => `${one.x.toFixed(1)} ${one[name].toFixed(1)}`).join("L");
    line += `M${edge(points, "mean")}${points.length > 1 ? "" : "h0.1"}`;
    band += `M${edge(points, "high")}L${edge(points.toReversed(), "low")}Z`;
  }
  return { line, band };
}

/** A part at an end of a `run` that holds few values is no part of its own: its mean would be a matter of chance. */
function scraps(run) {
  for (const [end, beside] of [[run.length - 1, run.length - 2], [0, 1]]) {
    if (run.length < 2 || 2 * run[end].values.length > run[beside].values.length) continue;
    run[beside].values.push(...run[end].values);
    run.splice(end, 1);
  }
}

function point(x, values, { y }) {
  const ordered = Float64Array.from(values).sort();
  const [low, high] = SPREAD.map((share) => y(ordered[Math.round(share * (ordered.length - 1))]));
  return { x, low, high, mean: y(values.reduce((sum, value) => sum + value, 0) / values.length) };
}
