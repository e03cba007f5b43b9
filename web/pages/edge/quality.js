// How far a reading can be trusted, 0..1: `stream/faces/quality.py`, whose doubts come as settings.

import { area } from "./detector.js";

/** `crop` {pixels, map}, `size` [width, height] of the frame, `spread` and `seen` null where no network tells them. */
export function quality({ pixels, map }, box, score, spread, turn, seen, size, { doubts, carried }) {
  const doubt = (name, value) => {
    const { most, none, full } = doubts[name];
    return most * Math.min(Math.max((value - none) / (full - none), 0), 1);
  };
  const contrast = deviation(pixels.data);
  let sum = doubt("small", Math.log(Math.max(area(box), 1)) / 2);
  sum += doubt("blurred", sharpness(pixels, contrast));
  sum += doubt("flat", contrast);
  sum += doubt("bleached", pixels.data.reduce((count, level) => count + (level >= 250), 0) / pixels.data.length);
  sum += score > 0 ? doubt("unsure", score) : carried;
  sum += doubt("yaw", Math.abs(turn.yaw)) + doubt("pitch", Math.abs(turn.pitch));
  sum += doubt("outside", outside(map, pixels.width, size));
  if (spread !== null) sum += doubt("spread", spread);
  if (seen) for (const name of ["face", "mouth_covered", "half_covered", "eyes_closed"]) sum += doubt(name, seen[name]);
  return Math.exp(-sum);
}

function deviation(data) {
  let [sum, squares] = [0, 0];
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(Math.max(squares / data.length - (sum / data.length) ** 2, 0));
}

/** Fine detail (the Laplacian's deviation) against all detail. */
function sharpness({ width, height, data }, contrast) {
  if (contrast < 1) return 0;
  const mirrored = (i, n) => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i);
  const fine = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const [above, below] = [mirrored(y - 1, height) * width, mirrored(y + 1, height) * width];
    for (let x = 0; x < width; x++) {
      const row = y * width;
      fine[row + x] = data[above + x] + data[below + x] + data[row + mirrored(x - 1, width)] + data[row + mirrored(x + 1, width)] - 4 * data[row + x];
    }
  }
  return (deviation(fine) / (4 * contrast)) ** 2;
}

/** The share of a crop that lies outside the frame, on a grid of 8 x 8. */
function outside([a, b, x0, c, d, y0], side, [width, height]) {
  const whole = a * d - b * c;
  let beyond = 0;
  for (let i = 0; i < 64; i++) {
    const [across, down] = [((i % 8) + 0.5) * (side / 8) - x0, (Math.floor(i / 8) + 0.5) * (side / 8) - y0];
    const [x, y] = [(d * across - b * down) / whole, (a * down - c * across) / whole];
    if (x < 0 || y < 0 || x > width || y > height) beyond++;
  }
  return beyond / 64;
}
