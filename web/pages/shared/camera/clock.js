// Which camera frame a message is about.
//
// The server tells when a frame was taken, on this browser's own wall clock (`captured_ms`: it knows it from the
// RTCP sender reports that this browser sends along). The page notes the same clock for every frame that the
// camera gives. So a frame finds its message whatever was dropped on the way, and the latency is measured
// with one clock.
//
// Until the first sender report (about a second) the offset between the stream's clock and ours is estimated
// from the fastest message so far.

const ENCODING = 12; // ms from camera to network that the estimate cannot see

/** Milliseconds since 1970 of a `performance.now()` moment; follows the system's clock when that is set. */
export function wallClock(moment) {
  return moment + Date.now() - performance.now();
}

export class CaptureClock {
  constructor() {
    this.offset = Infinity;
  }

  /** When the frame of `message` was taken, in ms since 1970; `arrived` likewise. */
  captured(message, arrived) {
    if (message.captured_ms !== null) return message.captured_ms;
    this.offset = Math.min(this.offset, arrived - message.latency_ms - message.time_s * 1000);
    return message.time_s * 1000 + this.offset - ENCODING;
  }
}

// For a relayed picture the browser tells each frame's RTP timestamp, the server's number plus an unknown
// constant. The numbers carry a scatter that does not repeat: the constant is the one difference on which
// several frames agree. Browsers keep times in microseconds, and so round the timestamps up or down by one.

const AGREE = 8;
const REMEMBERED = 40;
const TICKS = 90; // of RTP in a millisecond

export class RtpClock {
  constructor() {
    this.constant = null;
    this.ours = [];
    this.theirs = [];
    this.latest = null; // the server's number that was told last
    this.moment = 0; // and its moment
  }

  /** A frame with RTP timestamp `rtp` is shown. Returns its moment in ms as `told` has them, or null while unknown. */
  shown(rtp) {
    this.#add(this.ours, rtp);
    if (this.constant === null || this.latest === null) return null;
    return this.moment + this.#after(rtp - this.constant);
  }

  /** A message speaks of the number `rtp`. Returns its moment, in ms from the first that was told. */
  told(rtp) {
    this.#add(this.theirs, rtp);
    this.moment += this.latest === null ? 0 : this.#after(rtp);
    this.latest = rtp;
    return this.moment;
  }

  /** The ms from the latest number that was told to `rtp`; both begin again at 2 ** 32. */
  #after(rtp) {
    return ((rtp - this.latest) | 0) / TICKS;
  }

  #add(list, value) {
    list.push(value);
    if (list.length > REMEMBERED) list.shift();
    if (this.constant === null) this.#vote();
  }

  #vote() {
    const votes = new Map();
    for (const ours of this.ours) {
      for (const theirs of this.theirs) {
        const constant = (ours - theirs) >>> 0;
        votes.set(constant, (votes.get(constant) ?? 0) + 1);
      }
    }
    let most = AGREE - 1;
    for (const [constant, count] of votes) {
      const agree = count + (votes.get(constant - 1) ?? 0) + (votes.get(constant + 1) ?? 0);
      if (agree > most) [this.constant, most] = [constant, agree];
    }
  }
}
