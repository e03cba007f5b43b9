// What the detector says of a view, as boxes: `inference/detector.py`.

/** Faces [{box, score}], surest first, in pixels of the view. `places`: as the network gives them. */
export function decode({ values, count, width, height }, { strides, overlap, minimum }) {
  const least = Math.log(minimum ** 2 / (1 - minimum ** 2));
  const value = (row, place) => values[row * count + place];
  const found = [];
  let first = 0;
  for (const stride of strides) {
    const columns = Math.floor(width / stride);
    const places = columns * Math.floor(height / stride);
    for (let i = 0; i < places; i++) {
      const place = first + i;
      const [face, object] = [value(0, place), value(1, place)];
      if (Math.min(face, object) < least) continue;
      const score = 1 / Math.sqrt((1 + Math.exp(-face)) * (1 + Math.exp(-object)));
      if (score < minimum) continue;
      const x = (value(2, place) + (i % columns)) * stride;
      const y = (value(3, place) + Math.floor(i / columns)) * stride;
      const [w, h] = [Math.exp(value(4, place)) * stride, Math.exp(value(5, place)) * stride];
      found.push({ box: [x - w / 2, y - h / 2, x + w / 2, y + h / 2], score });
    }
    first += places;
  }
  found.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const face of found) if (kept.every((other) => iou(face.box, other.box) <= overlap)) kept.push(face);
  return kept;
}

export function iou(a, b) {
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (area(a) + area(b) - across * down);
}

export const area = ([left, top, right, bottom]) => Math.max(0, right - left) * Math.max(0, bottom - top);
