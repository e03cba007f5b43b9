// A session's curve in a few pixels: the mean over its faces, above the middle line positive, below negative.

import { drawn } from "./elements.js";
import { valenceText } from "./palette.js";

const WIDTH = 160;
const HEIGHT = 40;

const GAP = 0.5; // seconds without a face that interrupt the line; shorter ones are between two frames

/** `curve`: valence in equal parts of the `duration` (seconds), null where no face was seen. */
export function thumbnail(curve, duration) {
  const bridge = Math.max(1, Math.floor((GAP * curve.length) / Math.max(duration, 1e-6)));
  const x = (part) => (((part + 0.5) / curve.length) * WIDTH).toFixed(1);
  const y = (value) => (HEIGHT / 2 - value * (HEIGHT / 2 - 3)).toFixed(1);
  let line = "";
  let before = -Infinity;
  curve.forEach((value, part) => {
    if (value === null) return;
    // A part of its own is a dot: a line of no length with round ends.
    line += part - before > bridge ? `M${x(part)} ${y(value)}h0.01` : `L${x(part)} ${y(value)}`;
    before = part;
  });
  const known = curve.filter((value) => value !== null);
  const says = known.length
    ? `Curve: begins at ${valenceText(known[0])}, highest ${valenceText(Math.max(...known))}, ` +
      `lowest ${valenceText(Math.min(...known))}, ends at ${valenceText(known[known.length - 1])}`
    : "No curve";
  return drawn(
    "svg",
    { class: "thumbnail", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": says },
    drawn("path", { class: "axis", d: `M0 ${HEIGHT / 2}H${WIDTH}` }),
    drawn("path", { class: "curve", d: line }),
  );
}
