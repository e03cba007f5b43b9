// The audience as a list of shapes (see shared/chart/paint.js): the mean with its band, and under it how many viewers
// there are and which share of them is positive and negative.

import { BOTTOM, axes, scales } from "../shared/chart/axes.js";
import { path } from "../shared/chart/reduce.js";

const STRIP = 44; // pixels of a strip under the curve
const APART = 20; // pixels between two, with the upper one's words
/** Pixels under the curve; `shares`: whether those of positive and negative viewers are shown. */
export const belowOf = (shares) => (shares ? 2 : 1) * (STRIP + APART) + 6;
const LIMITS = [0.2, 0.5, 1];

/** The valence at the upper edge: as little as holds all of the curve, and `others`; without one, the whole scale. */
export function limitOf({ mean, low, high }, others = []) {
  if (mean.every((value) => value === null)) return 1;
  let most = 0;
  for (const values of [mean, low, high, ...others]) for (const value of values) most = Math.max(most, Math.abs(value ?? 0));
  return LIMITS.find((limit) => most <= limit) ?? 1;
}

/** `curve`: of the findings; `traces`: single viewers' values on its moments; `segments`, `marks` (numbered moments): likewise; `shares`: whether those of viewers are shown; `step`: seconds between moments. */
export function plot({ view, theme, curve, step, shares: shared, segments = [], marks = [], traces = [] }) {
  const scale = scales(view);
  const shapes = [{ kind: "rect", x: 0, y: 0, width: view.width, height: view.height, fill: theme.ground }];
  shapes.push(...axes(view, scale, theme));
  const inside = segments.flatMap((segment, order) => stretch(segment, order, scale, theme));
  inside.push(...traces.map((values) => ({ ...mean(curve, values, step, view, scale, theme), stroke: theme.quiet, width: 1, opacity: 0.4 })));
  inside.push(...band(curve, scale, theme), ...band(reading(curve), scale, theme), mean(curve, curve.mean, step, view, scale, theme));
  inside.push(...marks.flatMap((mark) => dot(mark, scale, theme)));
  const upper = view.height - BOTTOM - view.below + 10;
  inside.push(...counts(curve, step, scale, theme, upper + APART));
  if (shared) inside.push(...shares(curve, step, scale, theme, upper + 2 * APART + STRIP));
  shapes.push({ kind: "clip", x: scale.left, y: 0, width: scale.right - scale.left, height: view.height, shapes: inside });
  shapes.push(...words(curve, scale, theme, upper).slice(0, shared ? undefined : 3));
  return shapes;
}

/** Two audiences over each other: each one's mean with its band, in its own colour. */
export function plotBoth({ view, theme, curves, step }) {
  const scale = scales(view);
  const shapes = [{ kind: "rect", x: 0, y: 0, width: view.width, height: view.height, fill: theme.ground }];
  shapes.push(...axes(view, scale, theme));
  const inside = curves.flatMap((curve, i) => {
    const own = { ...theme, faces: [theme.faces[i]] };
    return [...band(curve, scale, own), mean(curve, curve.mean, step, view, scale, own)];
  });
  shapes.push({ kind: "clip", x: scale.left, y: 0, width: scale.right - scale.left, height: view.height, shapes: inside });
  return shapes;
}

/** The difference of two audiences with its band. */
export function plotDifference({ view, theme, curve, step }) {
  const scale = scales(view);
  const shapes = [{ kind: "rect", x: 0, y: 0, width: view.width, height: view.height, fill: theme.ground }];
  shapes.push(...axes(view, scale, theme));
  const inside = [...band(curve, scale, theme), mean(curve, curve.mean, step, view, scale, theme)];
  shapes.push({ kind: "clip", x: scale.left, y: 0, width: scale.right - scale.left, height: view.height, shapes: inside });
  return shapes;
}

function mean({ time_s: times }, values, step, view, scale, theme) {
  const known = times.map((time, i) => [time, values[i]]).filter(([, value]) => value !== null);
  const d = path(known.map(([time]) => time), known.map(([, value]) => value), view.from, view.to, scale.x, scale.y, 1.5 * step);
  return { kind: "path", d, stroke: theme.faces[0], width: 2.25 };
}

/** One standard error of the mean around it, as far as reading faces goes; nothing where that is not known. */
function reading({ time_s, mean, error }) {
  const edge = (side) => mean.map((value, i) => (value === null || (error?.[i] ?? null) === null ? null : value + side * error[i]));
  return { time_s, low: edge(-1), high: edge(1) };
}

/** One closed shape for each run of moments that have a band. */
function band({ time_s: times, low, high }, scale, theme) {
  return runs(low).map(([first, last]) => {
    let d = "";
    for (let i = first; i <= last; i++) d += `${i === first ? "M" : "L"}${scale.x(times[i]).toFixed(1)} ${scale.y(high[i]).toFixed(1)}`;
    for (let i = last; i >= first; i--) d += `L${scale.x(times[i]).toFixed(1)} ${scale.y(low[i]).toFixed(1)}`;
    return { kind: "path", d: `${d}Z`, fill: theme.faces[0], opacity: 0.2 };
  });
}

/** [first, last] of each run of values that are known. */
export function runs(values) {
  const found = [];
  values.forEach((value, i) => {
    if (value === null) return;
    if (i > 0 && values[i - 1] !== null) found[found.length - 1][1] = i;
    else found.push([i, i]);
  });
  return found;
}

function stretch({ name, start, end }, order, scale, theme) {
  const [left, right] = [scale.x(start), scale.x(end)];
  const height = scale.bottom - scale.top;
  const room = (right - left - 8) / 6.6;
  const said = name.length <= room ? name : room >= 4 ? `${name.slice(0, Math.floor(room) - 1)}…` : "";
  return [
    { kind: "rect", x: left, y: scale.top, width: Math.max(1, right - left), height, fill: theme.excluded, opacity: order % 2 ? 0.06 : 0.12 },
    { kind: "path", d: `M${left.toFixed(1)} ${scale.top}V${scale.bottom}M${right.toFixed(1)} ${scale.top}V${scale.bottom}`, stroke: theme.strong, width: 1 },
    { kind: "text", x: left + 5, y: scale.bottom - 6, text: said, fill: theme.quiet, size: 12, anchor: "start" },
  ];
}

function dot({ number, moment }, scale, theme) {
  const [x, y] = [scale.x(moment.time), scale.y(moment.value)];
  const peak = moment.kind === "peak";
  const at = Math.min(Math.max(y + (peak ? -17 : 17), scale.top + 9), scale.bottom - 9);
  const ring = `M${x - 9} ${at}a9 9 0 1 0 18 0a9 9 0 1 0 -18 0Z`;
  return [
    { kind: "path", d: `M${x} ${y}v0.1`, stroke: theme.ink, width: 6 },
    { kind: "path", d: ring, fill: peak ? theme.faces[0] : theme.faces[1], stroke: theme.ground, width: 1.5 },
    { kind: "text", x, y: at + 4, text: String(number), fill: theme.ground, size: 11, anchor: "middle", weight: 700 },
  ];
}

/** A bar from `low` to `high` (pixels) at each moment, joined while they stay the same. */
function steps(times, step, values, scale, low, high, fill, opacity) {
  const bars = [];
  let first = 0;
  for (let i = 1; i <= times.length; i++) {
    if (i < times.length && values[i] === values[first]) continue;
    const value = values[first];
    if (value) {
      const left = scale.x(times[first] - step / 2);
      const right = scale.x(times[i - 1] + step / 2);
      const [y0, y1] = [low(value), high(value)];
      bars.push({ kind: "rect", x: left, y: Math.min(y0, y1), width: right - left, height: Math.abs(y1 - y0), fill, opacity });
    }
    first = i;
  }
  return bars;
}

const most = (values) => values.reduce((a, b) => Math.max(a, b), 0);

function counts({ time_s: times, n }, step, scale, theme, top) {
  const all = Math.max(1, most(n));
  return steps(times, step, n, scale, () => top + STRIP, (value) => top + STRIP - (value / all) * STRIP, theme.quiet, 0.45);
}

function shares({ time_s: times, share_positive: positive, share_negative: negative }, step, scale, theme, top) {
  return [
    { kind: "rect", x: scale.left, y: top, width: scale.right - scale.left, height: STRIP, fill: theme.excluded, opacity: 0.08 },
    ...steps(times, step, positive, scale, () => top + STRIP, (share) => top + STRIP - share * STRIP, theme.faces[0], 0.8),
    ...steps(times, step, negative, scale, () => top, (share) => top + share * STRIP, theme.faces[1], 0.8),
  ];
}

function words({ n }, scale, theme, upper) {
  const text = (x, y, said, anchor) => ({ kind: "text", x, y, text: said, fill: theme.quiet, size: 12, anchor });
  const wide = scale.right - scale.left > 440;
  const [count, share] = [upper + APART, upper + 2 * APART + STRIP];
  return [
    text(scale.left, count - 5, "Viewers seen at each moment", "start"),
    text(scale.left - 8, count + 10, String(most(n)), "end"),
    text(scale.left - 8, count + STRIP, "0", "end"),
    text(scale.left, share - 5, wide ? "Share of them that is positive (from below) and negative (from above)" : "Positive from below, negative from above", "start"),
    text(scale.left - 8, share + STRIP, "0 %", "end"),
    text(scale.left - 8, share + 10, "100 %", "end"),
  ];
}
