// Where a player was when, in as few points as tell it: between two points it runs evenly.

const TOLERANCE = 0.005; // seconds of the stimulus that a point may lie beside the line before it is kept
const LONGEST = 5000; // ms between two points

export class Knots {
  constructor() {
    this.list = []; // [ms since 1970, seconds of the stimulus], ascending
  }

  /** The player is at `seconds` at the moment `at` (ms). */
  add(at, seconds) {
    const { list } = this;
    const last = list.length - 1;
    const moment = last >= 0 ? Math.max(at, list[last][0] + 0.01) : at; // a jump takes no time, but some
    if (last >= 1 && moment - list[last - 1][0] <= LONGEST && between(list[last - 1], list[last], [moment, seconds])) {
      list[last] = [moment, seconds];
    } else list.push([moment, seconds]);
  }
}

/** Whether `point` lies on the line from `from` to `to`. */
function between(from, point, to) {
  const share = (point[0] - from[0]) / (to[0] - from[0]);
  return Math.abs(from[1] + share * (to[1] - from[1]) - point[1]) <= TOLERANCE;
}
