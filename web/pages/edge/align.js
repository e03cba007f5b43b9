// From a face's box to the crop that the networks see: `inference/alignment.py`, whose constants come as settings.

import { grey, part, warp } from "./picture.js";

/** The least-squares similarity [a, b, x, c, d, y] that takes points [[x, y], …] to others (Umeyama 1991). */
export function similarity(from, to) {
  const n = from.length;
  const middle = (points) => [0, 1].map((i) => points.reduce((sum, point) => sum + point[i], 0) / n);
  const [[fx, fy], [tx, ty]] = [middle(from), middle(to)];
  let [real, imaginary, spread] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y, u, v] = [from[i][0] - fx, from[i][1] - fy, to[i][0] - tx, to[i][1] - ty];
    real += x * u + y * v;
    imaginary += x * v - y * u;
    spread += x * x + y * y;
  }
  const [p, q] = [real / spread, imaginary / spread];
  return [p, -q, tx - p * fx + q * fy, q, p, ty - q * fx - p * fy];
}

/** The map that takes a square of the frame to one of `pixels`; what is turned clockwise by `roll` degrees is upright there. */
export function square(cx, cy, side, pixels, roll) {
  const angle = (roll * Math.PI) / 180;
  const [cos, sin] = [(pixels / side) * Math.cos(angle), (pixels / side) * Math.sin(angle)];
  return [cos, sin, pixels / 2 - cos * cx - sin * cy, -sin, cos, pixels / 2 + sin * cx - cos * cy];
}

/** Degrees by which a face is turned clockwise that `map` makes upright. */
export const rollOf = ([a, b]) => (Math.atan2(b, a) * 180) / Math.PI;

/** Points of the crop, where they lie in the frame. */
export function back([a, b, x0, c, d, y0], points) {
  const area = a * d - b * c;
  return points.map(([x, y]) => [(d * (x - x0) - b * (y - y0)) / area, (a * (y - y0) - c * (x - x0)) / area]);
}

/** The surroundings of a face, shrunk to a useful size: {picture, origin, pixel}. */
function patch(rgba, cx, cy, face, reach, pixels) {
  const half = (face * reach) / 2;
  const within = (value, low, high) => Math.min(Math.max(value, low), high);
  const x0 = within(Math.floor(cx - half), 0, rgba.width - 1);
  const y0 = within(Math.floor(cy - half), 0, rgba.height - 1);
  const x1 = within(Math.ceil(cx + half), x0 + 1, rgba.width);
  const y1 = within(Math.ceil(cy + half), y0 + 1, rgba.height);
  const shrink = Math.min(1, pixels / face);
  const size = [x1 - x0, y1 - y0].map((length) => Math.max(1, Math.round(length * shrink)));
  return { picture: part(rgba, x0, y0, x1, y1, ...size), origin: [x0, y0], pixel: [(x1 - x0) / size[0], (y1 - y0) / size[1]] };
}

/** The patch in grey under a map from the frame, `side` pixels square. Pixel centres lie at +0.5 in the frame's coordinates. */
function cut({ picture, origin: [ox, oy], pixel: [px, py] }, [a, b, x, c, d, y], side) {
  const local = [a * px, b * py, x + a * ox + b * oy, c * px, d * py, y + c * ox + d * oy];
  local[2] += (local[0] + local[1]) / 2 - 0.5;
  local[5] += (local[3] + local[4]) / 2 - 0.5;
  return grey(warp(picture, local, side));
}

export class Aligner {
  /** `landmarks`: finds five points in views, [[[x, y] x 5], …]. */
  constructor(settings, landmarks) {
    this.settings = settings;
    this.landmarks = landmarks;
    this.template = settings.template.map(([x, y]) => [x * settings.side, y * settings.side]);
  }

  /** A crop {pixels, map, points} for each of `faces` {box: [left, top, right, bottom], roll} in an RGBA picture. */
  async align(rgba, faces) {
    const s = this.settings;
    const works = faces.map(({ box: [left, top, right, bottom], roll }) => {
      const face = Math.max(Math.sqrt(Math.max(right - left, 1) * Math.max(bottom - top, 1)), 2);
      const work = { cx: (left + right) / 2, cy: (top + bottom) / 2, face, roll };
      work.patch = patch(rgba, work.cx, work.cy, face, roll ? s.turned_patch : s.patch, s.face_pixels);
      return work;
    });
    await this.#look(works);
    const tilted = works.filter((work) => {
      const rest = ((((rollOf(work.map) - work.roll + 180) % 360) + 360) % 360) - 180;
      if (Math.abs(rest) <= s.tilted) return false;
      work.roll += rest;
      work.patch = patch(rgba, work.cx, work.cy, work.face, s.turned_patch, s.face_pixels);
      return true;
    });
    if (tilted.length) await this.#look(tilted);
    return works.map(({ patch: from, map, points }) => ({ pixels: cut(from, map, s.side), map, points }));
  }

  async #look(works) {
    const { landmark_side: side, landmark_context: context } = this.settings;
    const windows = works.map(({ cx, cy, face, roll }) => square(cx, cy, face * context, side, roll));
    const found = await this.landmarks(works.map((work, i) => cut(work.patch, windows[i], side)));
    works.forEach((work, i) => {
      work.points = back(windows[i], found[i]);
      work.map = similarity(work.points, this.template);
    });
  }
}
