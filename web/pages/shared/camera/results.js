// Results by the moments of their frames. One stands in for the frames after it until the next: boxes do not flicker
// where not every frame has a result of its own.

const HELD = 500; // ms for which a result stands in
const SAME = 5; // ms by which the moment of a frame and that of its own result may differ
const KEPT = 60;

export class Results {
  constructor() {
    this.messages = []; // [key, message], oldest first
    this.age = 0; // ms from the frame of the result that was asked for last to the frame that it stands for
  }

  /** The result for the frame taken at `key` (ms). */
  add(key, message) {
    this.messages.push([key, message]);
    if (this.messages.length > KEPT) this.messages.shift();
  }

  /** The result for the frame taken at `key`: its own or the latest before it; null where that is too old. */
  at(key) {
    for (let i = this.messages.length - 1; i >= 0; i--) {
      const [taken, message] = this.messages[i];
      if (taken > key + SAME) continue;
      this.age = key - taken;
      return this.age < HELD ? message : null;
    }
    return null;
  }
}
