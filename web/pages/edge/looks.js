// What a face looks like, coarsely, so that faces in one recording can be told apart: `stream/faces/looks.py`.

import { shrunk } from "./picture.js";

const [ACROSS, DOWN, GROW] = [12, 16, 0.15];

/** A vector of unit length for the face at `box`, in pixels of the BGR `view`. */
export function looks(view, [left, top, right, bottom]) {
  const within = (value, low, high) => Math.min(Math.max(Math.trunc(value), low), high);
  const x0 = within(left - GROW * (right - left), 0, view.width - 2);
  const y0 = within(top - GROW * (bottom - top), 0, view.height - 2);
  const x1 = within(right + GROW * (right - left), x0 + 2, view.width);
  const y1 = within(bottom + GROW * (bottom - top), y0 + 2, view.height);
  const [width, height] = [x1 - x0, y1 - y0];
  const part = { width, height, data: new Uint8Array(3 * width * height) };
  for (let y = 0; y < height; y++) {
    const from = 3 * ((y0 + y) * view.width + x0);
    part.data.set(view.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  const { data } = shrunk(part, ACROSS, DOWN, 3);
  const vector = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [l, a, b] = lab(data[i + 2], data[i + 1], data[i]);
    vector[i] = l * 2.55;
    [vector[i + 1], vector[i + 2]] = [2 * a, 2 * b];
  }
  let light = 0; // is centred, so that a shadow is not another person
  for (let i = 0; i < vector.length; i += 3) light += vector[i] / (ACROSS * DOWN);
  for (let i = 0; i < vector.length; i += 3) vector[i] -= light;
  return unit(vector);
}

/** Cosine similarity, -1..1. */
export function likeness(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** `before` with a little of `latest` in it. */
export const mixed = (before, latest) => unit(before.map((value, i) => value + 0.1 * latest[i]));

function unit(vector) {
  const length = Math.max(Math.sqrt(likeness(vector, vector)), 1e-6);
  return vector.map((value) => value / length);
}

/** CIE L*a*b* of sRGB levels, white D65. */
function lab(...rgb) {
  const [r, g, b] = rgb.map((level) => (level > 10.31475 ? ((level / 255 + 0.055) / 1.055) ** 2.4 : level / 255 / 12.92));
  const xyz = [(0.412453 * r + 0.35758 * g + 0.180423 * b) / 0.950456, 0.212671 * r + 0.71516 * g + 0.072169 * b, (0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.088754];
  const [x, y, z] = xyz.map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
