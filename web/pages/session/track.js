// A session's samples, by face and by frame. Times are seconds of the session's clock.

import { ERROR, isMeasure } from "../shared/measures.js";
import { lastUpTo } from "../shared/sorted.js";

const EXACT = 0.002; // s: players tell times to the microsecond, containers keep them to the millisecond

const SETTLED = 0.25; // s: errors are drawn as their means over so long before and after

export class Samples {
  /** `columns`: as GET /api/sessions/{id}/samples gives them. */
  constructor(columns) {
    this.columns = columns;
    this.length = columns.time_s.length;
    this.faces = new Map();
    /** What the network says beside valence. */
    this.measures = Object.keys(columns).filter(isMeasure);
    const beside = [...this.measures, ...(columns[ERROR] ? [ERROR] : [])];
    for (let i = 0; i < this.length; i++) {
      const id = columns.face_id[i];
      if (!this.faces.has(id)) this.faces.set(id, { id, time: [], raw: [], smoothed: [], quality: [], beside: Object.fromEntries(beside.map((name) => [name, []])) });
      const face = this.faces.get(id);
      face.time.push(columns.time_s[i]);
      face.raw.push(columns.valence[i]);
      face.smoothed.push(columns.valence_smoothed[i]);
      face.quality.push(columns.quality[i]);
      for (const name of beside) face.beside[name].push(columns[name][i]);
    }
    for (const face of this.faces.values()) face.error = face.beside[ERROR] && settled(face.time, face.beside[ERROR]);
    this.ids = [...this.faces.keys()].sort((a, b) => a - b);
  }

  /** These and those that came after them: `columns` as above. */
  with(columns) {
    if (!columns.time_s.length) return this;
    // Of what a network need not say there is no column as long as nothing is known.
    const names = new Set([...Object.keys(this.columns), ...Object.keys(columns)]);
    const part = (of, length, name) => of[name] ?? Array(length).fill(null);
    const joined = (name) => [...part(this.columns, this.length, name), ...part(columns, columns.time_s.length, name)];
    return new Samples(Object.fromEntries([...names].map((name) => [name, joined(name)])));
  }

  /** The samples of the frame that is shown at `time`: [{face_id, frame, box, valence, smoothed, quality}]. */
  at(time) {
    const { time_s: times } = this.columns;
    const found = [];
    for (let i = lastUpTo(times, time + EXACT); i >= 0 && times[i] >= time - EXACT; i--) found.unshift(this.#sample(i));
    if (found.length < 2) return found;
    // Two frames may lie within that tolerance: the nearer one is meant.
    const nearest = found.reduce((a, b) => (Math.abs(b.time - time) < Math.abs(a.time - time) ? b : a));
    return found.filter((sample) => sample.frame === nearest.frame);
  }

  /** The times of all frames that hold a face. */
  frameTimes() {
    return this.columns.time_s.filter((time, i, all) => i === 0 || time !== all[i - 1]);
  }

  #sample(i) {
    const c = this.columns;
    return {
      time: c.time_s[i],
      frame: c.frame[i],
      face_id: c.face_id[i],
      box: [c.left[i], c.top[i], c.right[i], c.bottom[i]],
      valence: c.valence[i],
      smoothed: c.valence_smoothed[i],
      quality: c.quality[i],
      carried: c.score[i] === 0,
    };
  }
}

/** Means of what is known of `values` around each time; null where a value is not known. */
function settled(times, values) {
  let [first, last, sum, count] = [0, 0, 0, 0];
  const take = (value, sign) => {
    if (value === null) return;
    sum += sign * value;
    count += sign;
  };
  return values.map((value, i) => {
    while (last < times.length && times[last] <= times[i] + SETTLED) take(values[last++], 1);
    while (times[first] < times[i] - SETTLED) take(values[first++], -1);
    return value === null ? null : sum / count;
  });
}
