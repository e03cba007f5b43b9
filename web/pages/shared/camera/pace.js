// How many frames a second are worth sending. A server that cannot even decode them all falls behind, and what
// waits there cannot be skipped: each frame of a video builds on the one before. So when results come late for a
// while the camera sends fewer, and more again when they are quick.

const LATE = 500; // ms from camera to result
const QUICK = 200;
const PATIENCE = 2000; // ms of lateness before the rate falls
const TRUST = 8000; // ms of quickness before it rises
const FULL = 30;
const LEAST = 5;

export class Pace {
  /** `limit(rate)` is called with the frames a second to send. */
  constructor(limit) {
    this.limit = limit;
    this.rate = FULL;
    this.late = this.quick = null; // since when
  }

  /** A result came `latency` ms after its frame, at `now` (ms). */
  result(latency, now) {
    this.late = latency > LATE ? (this.late ?? now) : null;
    this.quick = latency < QUICK ? (this.quick ?? now) : null;
    if (this.late !== null && now - this.late > PATIENCE && this.rate > LEAST) {
      this.#set(Math.max(LEAST, Math.round(this.rate * 0.66)), now);
    } else if (this.quick !== null && now - this.quick > TRUST && this.rate < FULL) {
      this.#set(Math.min(FULL, Math.round(this.rate * 1.3)), now);
    }
  }

  #set(rate, now) {
    this.rate = rate;
    this.late = this.quick = now;
    this.limit(rate);
  }
}
