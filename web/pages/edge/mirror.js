// A view that goes on beyond its borders as in a mirror, where half a face is a whole one: `stream/faces/sides.py`.

/** A BGR view with `share` of it mirrored beyond each border: {width, height, data, right, down}. */
export function mirrored({ width, height, data }, share) {
  const [right, down] = [Math.round(share * width), Math.round(share * height)];
  const [wide, high] = [width + 2 * right, height + 2 * down];
  const within = (at, size) => (at < 0 ? -1 - at : at >= size ? 2 * size - 1 - at : at);
  const whole = new Uint8Array(3 * wide * high);
  for (let y = 0, to = 0; y < high; y++) {
    const row = 3 * width * within(y - down, height);
    for (let x = 0; x < wide; x++) {
      const from = row + 3 * within(x - right, width);
      whole[to++] = data[from];
      whole[to++] = data[from + 1];
      whole[to++] = data[from + 2];
    }
  }
  return { width: wide, height: high, data: whole, right, down };
}

/** What was found there, in the view itself (width, height); without mirror images, whose middle is clearly beyond it. */
export function unmirrored(found, { right, down }, { width, height }, most) {
  return found.flatMap(({ box: [l, t, r, b], score }) => {
    const [left, top, side] = [l - right, t - down, Math.max(Math.sqrt((r - l) * (b - t)), 1)];
    const [x, y] = [left + (r - l) / 2, top + (b - t) / 2];
    if (Math.max(-x, x - width, -y, y - height) / side >= most) return [];
    const [dx, dy] = [2 * (Math.min(Math.max(x, 0), width) - x), 2 * (Math.min(Math.max(y, 0), height) - y)];
    return [{ box: [left + dx, top + dy, left + r - l + dx, top + b - t + dy], score }];
  });
}
