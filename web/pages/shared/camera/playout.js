// Which frame to show now. Results come some time after their frames: the picture is shown just late enough that
// each frame's result is there, so that every box lies on the frame that it belongs to and the picture stays
// fluent even where not every frame is analysed.

import { Results } from "./results.js";

const LONGEST = 330; // ms; analysis slower than this gets boxes that lag, never a picture that does
const SPARE = 4;

export class Playout {
  constructor() {
    this.clear();
  }

  clear() {
    this.delay = 40;
    this.results = new Results();
  }

  /** A result for the frame taken at `key` (ms) has come at `now` (same clock). */
  arrived(key, message, now) {
    this.results.add(key, message);
    const needed = Math.min(LONGEST, now - key + SPARE);
    // Up at once, so that few results are late; down slowly, so that the picture does not jump.
    if (needed > this.delay) this.delay += Math.min(needed - this.delay, 20);
    else this.delay += 0.01 * (needed - this.delay);
  }

  /** The moment (ms) whose frame is due at `now`. */
  due(now) {
    return now - this.delay;
  }
}
