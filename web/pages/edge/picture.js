// Pictures as plain numbers: grey levels, shrinking by area, and cutting out under an affine map. What the server does
// with OpenCV, to within a rounding.

/** {width, height, data}: a picture of three numbers a pixel, blue, green, red, 0..255. */
const blank = (width, height) => ({ width, height, data: new Uint8ClampedArray(3 * width * height) });

/** The part [x0, x1) x [y0, y1) of an RGBA picture in BGR, shrunk by averaging areas to `width` x `height`. */
export function part(rgba, x0, y0, x1, y1, width = x1 - x0, height = y1 - y0) {
  const whole = blank(x1 - x0, y1 - y0);
  for (let y = y0, to = 0; y < y1; y++) {
    for (let from = 4 * (y * rgba.width + x0), x = x0; x < x1; x++, from += 4) {
      whole.data[to++] = rgba.data[from + 2];
      whole.data[to++] = rgba.data[from + 1];
      whole.data[to++] = rgba.data[from];
    }
  }
  return width === whole.width && height === whole.height ? whole : shrunk(whole, width, height, 3);
}

/** A BGR picture in grey levels, one a pixel: ITU-R BT.601, in fixed point as OpenCV has it. */
export function grey({ width, height, data }) {
  const levels = new Uint8ClampedArray(width * height);
  for (let to = 0, from = 0; to < levels.length; to++, from += 3) levels[to] = (3735 * data[from] + 19235 * data[from + 1] + 9798 * data[from + 2] + 16384) >> 15;
  return { width, height, data: levels };
}

/** A picture of `channels` numbers a pixel, shrunk by averaging areas. */
export function shrunk(picture, width, height, channels) {
  if (picture.width === 2 * width && picture.height === 2 * height) return halved(picture, width, height, channels);
  const across = spans(picture.width, width);
  const down = spans(picture.height, height);
  const narrow = new Float32Array(picture.height * width * channels);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x];
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 0, from = (y * picture.width + first) * channels + c; i < weights.length; i++, from += channels) sum += weights[i] * picture.data[from];
        narrow[(y * width + x) * channels + c] = sum;
      }
    }
  }
  const data = new Uint8ClampedArray(width * height * channels);
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    const { first, weights } = down[y];
    for (let x = 0; x < row; x++) {
      let sum = 0;
      for (let i = 0, from = first * row + x; i < weights.length; i++, from += row) sum += weights[i] * narrow[from];
      data[y * row + x] = sum; // rounded and cut to 0..255 by the array
    }
  }
  return { width, height, data };
}

/** Four pixels each become one; halves are rounded up, as OpenCV does then. */
function halved({ data: from }, width, height, channels) {
  const data = new Uint8ClampedArray(width * height * channels);
  const row = 2 * width * channels;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0, at = 2 * (y * row + x * channels); c < channels; c++, at++) {
        data[to++] = (from[at] + from[at + channels] + from[at + row] + from[at + row + channels] + 2) >> 2;
      }
    }
  }
  return { width, height, data };
}

/** For each of `to` places on a line of `from`: the first that it covers, and the share of each. */
function spans(from, to) {
  const size = from / to;
  return Array.from({ length: to }, (_, place) => {
    const [begin, end] = [place * size, (place + 1) * size];
    const first = Math.floor(begin);
    const last = Math.min(Math.ceil(end - 1e-9), from);
    const weights = [];
    for (let i = first; i < last; i++) weights.push((Math.min(i + 1, end) - Math.max(i, begin)) / size);
    return { first, weights };
  });
}

/** An RGBA picture in BGR, its longer side shrunk to `side` at most: {width, height, data, scale}. */
export function view(rgba, side) {
  const scale = Math.min(1, side / Math.max(rgba.width, rgba.height));
  const [width, height] = [rgba.width, rgba.height].map((length) => Math.max(1, Math.round(length * scale)));
  const step = Math.max(1, Math.trunc(0.5 / scale)); // averaging all pixels of a large frame costs more than the detection
  const few = blank(Math.ceil(rgba.width / step), Math.ceil(rgba.height / step));
  for (let y = 0, to = 0; y < rgba.height; y += step) {
    for (let from = 4 * y * rgba.width, x = 0; x < rgba.width; x += step, from += 4 * step) {
      few.data[to++] = rgba.data[from + 2];
      few.data[to++] = rgba.data[from + 1];
      few.data[to++] = rgba.data[from];
    }
  }
  return { ...(width === few.width && height === few.height ? few : shrunk(few, width, height, 3)), scale: width / rgba.width };
}

/**
 * A BGR picture under `map` [a, b, x, c, d, y] (its pixels to those of the result, centres at whole numbers), `side`
 * pixels square; beyond its edge, the edge goes on.
 */
export function warp(picture, [a, b, x0, c, d, y0], side) {
  const result = blank(side, side);
  const area = a * d - b * c;
  const [ia, ib, ic, id] = [d / area, -b / area, -c / area, a / area];
  const { width, height, data } = picture;
  for (let row = 0, to = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [across, down] = [column - x0, row - y0];
      const x = ia * across + ib * down;
      const y = ic * across + id * down;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, below] = [x - left, y - top];
      const l = 3 * (left < 0 ? 0 : left >= width ? width - 1 : left);
      const r = 3 * (left + 1 < 0 ? 0 : left + 1 >= width ? width - 1 : left + 1);
      const t = 3 * width * (top < 0 ? 0 : top >= height ? height - 1 : top);
      const u = 3 * width * (top + 1 < 0 ? 0 : top + 1 >= height ? height - 1 : top + 1);
      for (let c = 0; c < 3; c++) {
        const above = data[t + l + c] + right * (data[t + r + c] - data[t + l + c]);
        const under = data[u + l + c] + right * (data[u + r + c] - data[u + l + c]);
        result.data[to++] = above + below * (under - above); // rounded by the array
      }
    }
  }
  return result;
}
