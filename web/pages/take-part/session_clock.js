// From this browser's wall clock to the session's: the server tells of every frame when it was taken, on this
// browser's own clock, and at which second of the session that was.

import { CaptureClock } from "../shared/camera/clock.js";

const KEPT = 60;

export class SessionClock {
  constructor() {
    this.estimate = new CaptureClock();
    this.begins = []; // ms since 1970 at which the session began, as the latest frames have it
    this.told = false;
  }

  /** Another session goes on. */
  restart() {
    Object.assign(this, { estimate: new CaptureClock(), begins: [], told: false });
  }

  /** A frame's message has come at `now` (ms since 1970). */
  heard(message, now) {
    if (message.captured_ms !== null && !this.told) {
      this.told = true; // before, it could only be estimated
      this.begins = [];
    }
    if (message.captured_ms === null && this.told) return;
    this.begins.push(this.estimate.captured(message, now) - message.time_s * 1000);
    if (this.begins.length > KEPT) this.begins.shift();
  }

  /** The second of the session at the moment `wall` (ms since 1970); NaN before the first frame. */
  seconds(wall) {
    const sorted = [...this.begins].sort((a, b) => a - b);
    return (wall - sorted[sorted.length >> 1]) / 1000;
  }
}
