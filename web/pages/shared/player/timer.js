// Time without a recording: a session of numbers can be stepped through and played like one with pictures.

import { lastUpTo } from "../sorted.js";

export class Timer {
  constructor(duration, times) {
    this.duration = duration;
    this.times = times;
    this.time = 0;
    this.rate = 1;
    this.playing = false;
    this.element = null;
    this.onframe = () => {};
    this.onstate = () => {};
  }

  play() {
    if (this.time >= this.duration) this.time = 0;
    this.playing = true;
    let before = performance.now();
    const tick = (now) => {
      if (!this.playing) return;
      this.#show(this.time + ((now - before) / 1000) * this.rate);
      before = now;
      if (this.time >= this.duration) this.pause();
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    this.onstate();
  }

  pause() {
    this.playing = false;
    this.onstate();
  }

  seek(time) {
    this.#show(time);
  }

  /** To the sample after or before. */
  step(frames) {
    this.pause();
    const at = lastUpTo(this.times, this.time + 1e-6);
    const between = frames < 0 && at >= 0 && this.time - this.times[at] > 1e-6 ? 1 : 0;
    this.#show(this.times[Math.min(Math.max(at + frames + between, 0), this.times.length - 1)] ?? 0);
  }

  #show(time) {
    this.time = Math.min(Math.max(time, 0), this.duration);
    this.onframe(this.time);
  }
}
