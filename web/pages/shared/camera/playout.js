// Which frame to show now. Results come some time after their frames: the picture is shown just late enough that
// each frame's result is there, so that every box lies on the frame that it belongs to and the picture stays
// fluent even where not every frame is analysed.

const LONGEST = 330; // ms; analysis slower than this gets boxes that lag, never a picture that does
const SPARE = 4;
const HELD = 500; // ms for which a result stands in for the frames after it
const KEPT = 40;

export class Playout {
  constructor() {
    this.clear();
  }

  clear() {
    this.delay = 40;
    this.messages = []; // [key, message], oldest first
    this.age = 0; // ms from the frame of the result that was asked for last to the frame that it stands for
  }

  /** A result for the frame taken at `key` (ms) has come at `now` (same clock). */
  arrived(key, message, now) {
    this.messages.push([key, message]);
    if (this.messages.length > KEPT) this.messages.shift();
    const needed = Math.min(LONGEST, now - key + SPARE);
    // Up at once, so that few results are late; down slowly, so that the picture does not jump.
    if (needed > this.delay) this.delay += Math.min(needed - this.delay, 20);
    else this.delay += 0.01 * (needed - this.delay);
  }

  /** The moment (ms) whose frame is due at `now`. */
  due(now) {
    return now - this.delay;
  }

  /** The result for the frame taken at `key`: its own or the latest before it; null where that is too old. */
  result(key) {
    for (let i = this.messages.length - 1; i >= 0; i--) {
      const [taken, message] = this.messages[i];
      if (taken > key + 5) continue;
      this.age = key - taken;
      return this.age < HELD ? message : null;
    }
    return null;
  }
}
