// A session's chart as a list of shapes (see shared/chart/paint.js), for the canvas and for files alike.

import { BOTTOM, axes, scales } from "../shared/chart/axes.js";
import { GAP, around, path } from "../shared/chart/reduce.js";
import { faceInk } from "../shared/chart/theme.js";
import { TREND, trend } from "../shared/chart/trend.js";

export const STRIP = 66; // pixels under the curve that the quality takes

/** `faces`: [{id, order, name, series}] that are shown; `stretches`: as the server tells them. */
export function plot({ view, faces, stretches, show, theme }) {
  const scale = scales(view);
  const quality = (value) => view.height - BOTTOM - 4 - value * (STRIP - 28);
  const shapes = [{ kind: "rect", x: 0, y: 0, width: view.width, height: view.height, fill: theme.ground }];
  shapes.push(...axes(view, scale, theme));
  if (show.quality) qualityAxis(shapes, scale, quality, theme);
  const inside = [];
  let dense = false;
  excluded(inside, view, scale, stretches, theme);
  for (const { order, series } of show.error ? faces : []) {
    if (!series.error) continue;
    const d = around(series.time, series.smoothed, series.error, view.from, view.to, scale.x, scale.y, series.gap);
    inside.push({ kind: "path", d, fill: faceInk(theme, order).colour, opacity: 0.13 });
  }
  for (const { order, series } of faces) {
    const ink = faceInk(theme, order);
    const line = (values, y, width, opacity, dash = ink.dash, times = series.time) =>
      inside.push({
        kind: "path", d: path(times, values, view.from, view.to, scale.x, y, series.gap),
        stroke: ink.colour, width, dash, opacity,
      });
    if (show.raw) line(series.raw, scale.y, 1, show.smoothed ? 0.45 : 0.9);
    const overview = show.smoothed && trend(series.time, series.smoothed, view, scale, series.gap ?? GAP);
    if (overview) {
      inside.push({ kind: "path", d: overview.band, fill: ink.colour, opacity: 0.22 });
      inside.push({ kind: "path", d: overview.line, stroke: ink.colour, width: 2.25, dash: ink.dash });
      dense = true;
    } else if (show.smoothed) line(series.smoothed, scale.y, 2.25, 1);
    const beside = series.beside[show.beside];
    if (beside) {
      const at = beside.map((_, i) => i).filter((i) => beside[i] !== null);
      line(at.map((i) => beside[i]), scale.y, 1.75, 0.95, "1 4", at.map((i) => series.time[i]));
    }
    if (show.quality) line(series.quality, quality, 1.25, 0.9);
  }
  if (dense) inside.push({ kind: "text", x: scale.right - 4, y: scale.bottom - 6, text: TREND, fill: theme.quiet, size: 11, anchor: "end" });
  markers(inside, view, scale, stretches, theme);
  shapes.push({ kind: "clip", x: scale.left, y: 0, width: scale.right - scale.left, height: view.height, shapes: inside });
  return shapes;
}

function qualityAxis(shapes, scale, quality, theme) {
  const text = (x, y, said, anchor) => shapes.push({ kind: "text", x, y, text: said, fill: theme.quiet, size: 12, anchor });
  for (const value of [0, 1]) {
    const y = Math.round(quality(value)) + 0.5;
    shapes.push({ kind: "path", d: `M${scale.left} ${y}H${scale.right}`, stroke: theme.line, width: 1 });
    text(scale.left - 8, y + 4, String(value), "end");
  }
  text(scale.left + 2, quality(1) - 4, "Quality", "start");
}

function excluded(shapes, view, scale, stretches, theme) {
  for (const stretch of stretches.filter((one) => one.kind === "excluded")) {
    const [left, right] = [scale.x(stretch.start_s), scale.x(stretch.end_s)];
    if (right < scale.left || left > scale.right) continue;
    const height = view.height - BOTTOM - scale.top;
    shapes.push({ kind: "rect", x: left, y: scale.top, width: Math.max(1, right - left), height, fill: theme.excluded, opacity: 0.16 });
    let hatch = "";
    for (let x = Math.max(left, scale.left) - height; x < Math.min(right, scale.right); x += 9) {
      const [low, high] = [Math.max(x, left), Math.min(x + height, right)];
      if (high > low) hatch += `M${low.toFixed(1)} ${(scale.top + height - (low - x)).toFixed(1)}L${high.toFixed(1)} ${(scale.top + height - (high - x)).toFixed(1)}`;
    }
    shapes.push({ kind: "path", d: hatch, stroke: theme.excluded, width: 1, opacity: 0.35 });
  }
}

function markers(shapes, view, scale, stretches, theme) {
  for (const marker of stretches.filter((one) => one.kind === "marker")) {
    const x = scale.x(marker.start_s);
    if (marker.end_s > marker.start_s) {
      const width = scale.x(marker.end_s) - x;
      shapes.push({ kind: "rect", x, y: scale.top, width, height: scale.bottom - scale.top, fill: theme.marker, opacity: 0.12 });
    }
    shapes.push({ kind: "path", d: `M${x.toFixed(1)} ${scale.top}V${view.height - BOTTOM}`, stroke: theme.marker, width: 1.5, dash: "4 3" });
    shapes.push({ kind: "text", x: x + 5, y: scale.top + 11, text: marker.label || "Marker", fill: theme.marker, size: 12, anchor: "start", weight: 600 });
  }
}
