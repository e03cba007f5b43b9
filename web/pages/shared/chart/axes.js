// Time from left to right, valence from bottom to top: where things lie on a chart, and the lines that say so.

import { clock } from "../text.js";

export const LEFT = 46;
export const RIGHT = 14;
export const TOP = 12;
export const BOTTOM = 26;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/**
 * From seconds and valence to pixels. `view`: {from, to, width, height, top, below, limit}; `below`: pixels under the
 * curve for other things, `limit`: the valence at the upper edge.
 */
export function scales({ from, to, width, height, top = TOP, below = 0, limit = 1 }) {
  const bottom = height - BOTTOM - below;
  const span = Math.max(to - from, 1e-9);
  const wide = width - LEFT - RIGHT;
  return {
    left: LEFT,
    right: width - RIGHT,
    top,
    bottom,
    x: (time) => LEFT + ((time - from) / span) * wide,
    y: (value) => (top + bottom) / 2 - ((value / limit) * (bottom - top)) / 2,
    time: (x) => from + ((x - LEFT) / wide) * span,
  };
}

/** Lines and numbers of the valence, and the moments along the lower edge, as shapes (see paint.js). */
export function axes(view, scale, theme) {
  const shapes = [];
  const text = (x, y, said, anchor) => shapes.push({ kind: "text", x, y, text: said, fill: theme.quiet, size: 12, anchor });
  const limit = view.limit ?? 1;
  for (const part of [-1, -0.5, 0, 0.5, 1]) {
    const value = part * limit;
    const y = Math.round(scale.y(value)) + 0.5;
    shapes.push({
      kind: "path", d: `M${scale.left} ${y}H${scale.right}`, width: 1,
      stroke: value === 0 ? theme.strong : theme.line,
    });
    text(scale.left - 8, y + 4, value > 0 ? `+${value}` : String(value).replace("-", "−"), "end");
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
  return shapes;
}
