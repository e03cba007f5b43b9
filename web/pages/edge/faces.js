// Following faces from frame to frame: the rules of `stream/faces/tracking.py` and `matching.py`, with their constants.
// Left out here: closer looks, turned views, and carrying a face that the detector does not see; it is lost meanwhile,
// and comes back as itself within a few seconds where it was.

import { cheapest } from "./assignment.js";
import { area, iou } from "./detector.js";
import { likeness, mixed } from "./looks.js";

const [DEAREST, FORBIDDEN] = [2.0, 2.2];
const [TENTATIVE, CONFIRMED, LOST, ENDED] = ["tentative", "confirmed", "lost", "ended"];

export class Faces {
  constructor(rules) {
    Object.assign(this, { rules, tracks: [], next: 1, begun: false });
  }

  /** The boxes of those who are in the picture, or were a moment ago. */
  get inPlace() {
    return this.tracks.filter(({ state }) => state === CONFIRMED).map(({ box }) => box);
  }

  /**
   * Takes the detections {box, score, looks} of one frame (boxes in its pixels); the tracks of ids that are in it.
   * `isHuman(detection)`: asked before a face gets its id.
   */
  async update(detections, time, isHuman) {
    const r = this.rules;
    for (const [i, one] of detections.entries()) {
      one.alone = detections.every((other, k) => k === i || covered(one.box, other.box) <= r.touching);
      one.taken = false;
    }
    const seen = new Set();
    for (const state of [CONFIRMED, LOST, TENTATIVE]) {
      const tracks = this.tracks.filter((track) => track.state === state && !seen.has(track));
      const free = detections.filter((one) => !one.taken);
      const cost = tracks.map((track) => free.map((one) => this.#cost(track, one, time)));
      for (const [i, j] of cheapest(cost)) {
        if (cost[i][j] >= FORBIDDEN) continue;
        free[j].taken = true;
        seen.add(tracks[i]);
        this.#seen(tracks[i], free[j], time);
      }
    }
    for (const track of this.tracks) if (!seen.has(track)) this.#unseen(track, time);
    for (const one of detections) {
      if (one.taken || one.score < r.start || this.#isDouble(one)) continue;
      this.tracks.push({ ...one, time, seen: time, state: TENTATIVE, id: 0, evidence: one.score - 0.5, velocity: [0, 0], sure: !this.begun && one.score >= r.at_once });
    }
    this.begun = true;
    for (const track of this.tracks) {
      if (track.state !== TENTATIVE || track.time !== time || !(track.sure || track.evidence >= r.evidence)) continue;
      track.sure = false;
      if (await isHuman(track)) [track.state, track.id] = [CONFIRMED, this.next++];
      else track.evidence -= r.no_human;
    }
    this.tracks = this.tracks.filter(({ state }) => state !== ENDED);
    return this.tracks.filter((track) => track.state === CONFIRMED && track.time === time).sort((a, b) => a.id - b.id);
  }

  #cost(track, one, time) {
    const r = this.rules;
    if (track.state === LOST && (one.score < r.start || time - track.seen > r.keep_place)) return FORBIDDEN;
    const expected = predicted(track, time);
    const ratio = Math.sqrt(Math.max(area(one.box), 1) / Math.max(area(expected), 1));
    if (ratio <= 1 / r.size_ratio || ratio >= r.size_ratio) return FORBIDDEN;
    const away = apart(expected, one.box);
    if (away > Math.min(r.reach + r.reach_rate * (time - track.seen), r.reach_most)) return FORBIDDEN;
    const overlap = iou(expected, one.box);
    const near = overlap > 0.4 && track.state !== LOST;
    const alike = likeness(track.looks, one.looks);
    if (alike <= (near || !one.alone ? 0 : r.alike)) return FORBIDDEN;
    return Math.min(1 - overlap + 1.5 * (1 - alike) + 0.2 * away, DEAREST);
  }

  #seen(track, one, time) {
    const gap = time - track.time;
    if (gap > 0 && track.state !== LOST) {
      const keep = Math.exp(-gap / 0.15); // detections shake: a velocity is only good over several frames
      const [[x0, y0], [x1, y1]] = [centre(track.box), centre(one.box)];
      track.velocity = [keep * track.velocity[0] + ((1 - keep) * (x1 - x0)) / gap, keep * track.velocity[1] + ((1 - keep) * (y1 - y0)) / gap];
    } else {
      track.velocity = [0, 0];
    }
    if (one.alone) track.looks = track.state === LOST ? one.looks : mixed(track.looks, one.looks);
    track.evidence += one.score - 0.5;
    Object.assign(track, { box: one.box, score: one.score, time, seen: time });
    if (track.state === LOST) track.state = CONFIRMED;
  }

  #unseen(track, time) {
    const unseen = time - track.seen;
    if (track.state === CONFIRMED) track.state = LOST;
    if (unseen > (track.state === TENTATIVE ? this.rules.tentative : this.rules.keep_place)) track.state = ENDED;
  }

  #isDouble({ box }) {
    return this.tracks.some(({ state, box: other }) => (state === CONFIRMED || state === TENTATIVE) && Math.max(covered(box, other), covered(other, box)) > this.rules.nested);
  }
}

const centre = ([left, top, right, bottom]) => [(left + right) / 2, (top + bottom) / 2];

/** Distance of the centres, in sides of the larger face. */
function apart(a, b) {
  const [[ax, ay], [bx, by]] = [centre(a), centre(b)];
  return Math.hypot(ax - bx, ay - by) / Math.sqrt(Math.max(area(a), area(b), 1));
}

/** The share of `a` that lies in `b`. */
function covered(a, b) {
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return (Math.max(across, 0) * Math.max(down, 0)) / Math.max(area(a), 1e-6);
}

function predicted({ box: [left, top, right, bottom], velocity: [vx, vy], time: then }, time) {
  const ahead = Math.min(time - then, 0.3);
  return [left + vx * ahead, top + vy * ahead, right + vx * ahead, bottom + vy * ahead];
}
