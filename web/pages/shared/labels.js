// Places for the labels of boxes on a picture, so that none hides another one or runs off the edge.

const STEPS = 8; // rows of labels that are tried above and below a box
const FACE = 0.25; // how bad it is to hide a face, beside hiding a label

/**
 * The upper left corners [x, y] of labels. `boxes`: [left, top, right, bottom] each; `sizes`: [width, height] of each
 * box's label; `picture`: its [width, height]; `gap`: between a box and its label; all in the same pixels.
 */
export function placeLabels(boxes, sizes, picture, gap) {
  const placed = [];
  return boxes.map((box, i) => {
    let best = null;
    for (const at of candidates(box, sizes[i], gap)) {
      const corner = at.map((value, axis) => Math.max(0, Math.min(value, picture[axis] - sizes[i][axis])));
      const label = [...corner, corner[0] + sizes[i][0], corner[1] + sizes[i][1]];
      const hides = placed.reduce((sum, other) => sum + common(label, other), 0) + FACE * boxes.reduce((sum, other) => sum + common(label, other), 0);
      if (!best || hides < best.hides - 1e-6) best = { label, hides };
      if (!hides) break;
    }
    placed.push(best.label);
    return best.label.slice(0, 2);
  });
}

/** Nearest first: above and below, to the right and to the left of where they begin, then further off; on the box. */
function* candidates([left, top, right, bottom], [width, height], gap) {
  for (let step = 0; step < STEPS; step++) {
    const away = gap + step * (height + 1);
    for (const y of [top - height - away, bottom + away]) for (const x of [left, right - width]) yield [x, y];
    if (step === 0) for (const x of [right + gap, left - width - gap]) yield [x, top];
  }
  yield [left, top];
  yield [left, bottom - height];
}

/** The area that two boxes have in common. */
function common([left, top, right, bottom], [l, t, r, b]) {
  return Math.max(0, Math.min(right, r) - Math.max(left, l)) * Math.max(0, Math.min(bottom, b) - Math.max(top, t));
}
