// The chart as a list of shapes, for the canvas and for files alike.
//
// A shape is {kind: "path", d, stroke, width, dash, opacity, fill}, {kind: "rect", x, y, width, height, fill, opacity}
// or {kind: "text", x, y, text, fill, size, anchor, weight}.

import { clock } from "../shared/text.js";
import { path } from "./reduce.js";
import { faceInk } from "./theme.js";

const LEFT = 46;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 26;
const STRIP = 66; // the quality's share of the height
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** From seconds and valence to pixels. `view`: {from, to, width, height, quality, top}. */
export function scales({ from, to, width, height, quality, top = TOP }) {
  const bottom = height - BOTTOM - (quality ? STRIP : 0);
  const span = Math.max(to - from, 1e-9);
  const wide = width - LEFT - RIGHT;
  return {
    left: LEFT,
    right: width - RIGHT,
    top,
    bottom,
    x: (time) => LEFT + ((time - from) / span) * wide,
    y: (value) => (top + bottom) / 2 - (value * (bottom - top)) / 2,
    time: (x) => from + ((x - LEFT) / wide) * span,
    quality: (value) => height - BOTTOM - 4 - value * (STRIP - 28),
  };
}

/** `faces`: [{id, order, name, series}] that are shown; `stretches`: as the server tells them. */
export function plot({ view, faces, stretches, show, theme }) {
  const scale = scales(view);
  const shapes = [{ kind: "rect", x: 0, y: 0, width: view.width, height: view.height, fill: theme.ground }];
  axes(shapes, view, scale, theme);
  const inside = [];
  excluded(inside, view, scale, stretches, theme);
  for (const { order, series } of faces) {
    const ink = faceInk(theme, order);
    const line = (values, y, width, opacity) =>
      inside.push({
        kind: "path", d: path(series.time, values, view.from, view.to, scale.x, y, series.gap),
        stroke: ink.colour, width, dash: ink.dash, opacity,
      });
    if (show.raw) line(series.raw, scale.y, 1, show.smoothed ? 0.45 : 0.9);
    if (show.smoothed) line(series.smoothed, scale.y, 2.25, 1);
    if (show.quality) line(series.quality, scale.quality, 1.25, 0.9);
  }
  markers(inside, view, scale, stretches, theme);
  shapes.push({ kind: "clip", x: scale.left, y: 0, width: scale.right - scale.left, height: view.height, shapes: inside });
  return shapes;
}

function axes(shapes, view, scale, theme) {
  const text = (x, y, said, anchor) => shapes.push({ kind: "text", x, y, text: said, fill: theme.quiet, size: 12, anchor });
  for (const value of [-1, -0.5, 0, 0.5, 1]) {
    const y = Math.round(scale.y(value)) + 0.5;
    shapes.push({
      kind: "path", d: `M${scale.left} ${y}H${scale.right}`, width: 1,
      stroke: value === 0 ? theme.strong : theme.line,
    });
    if (Number.isInteger(value * 2)) text(scale.left - 8, y + 4, value > 0 ? `+${value}` : String(value).replace("-", "−"), "end");
  }
  if (view.quality) {
    for (const value of [0, 1]) {
      const y = Math.round(scale.quality(value)) + 0.5;
      shapes.push({ kind: "path", d: `M${scale.left} ${y}H${scale.right}`, stroke: theme.line, width: 1 });
      text(scale.left - 8, y + 4, String(value), "end");
    }
    text(scale.left + 2, scale.quality(1) - 4, "Quality", "start");
  }
  const span = view.to - view.from;
  const most = Math.max(2, (scale.right - scale.left) / 84);
  const step = STEPS.find((candidate) => span / candidate <= most) ?? 7200;
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  for (let tick = Math.ceil(view.from / step - 1e-9); tick * step <= view.to + 1e-9; tick++) {
    const x = Math.round(scale.x(tick * step)) + 0.5;
    shapes.push({ kind: "path", d: `M${x} ${view.height - BOTTOM}v5`, stroke: theme.strong, width: 1 });
    const anchor = x > scale.right - 16 ? "end" : "middle";
    text(anchor === "end" ? scale.right : x, view.height - 7, clock(tick * step, digits), anchor);
  }
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
