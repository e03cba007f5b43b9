// A recording as a sequence of frames: which one is on the screen, and how to get to another.
//
// The browser tells the media time of every frame that it presents; that of the first one is the session's zero.

import { element } from "../elements.js";
import { lastUpTo } from "../sorted.js";

const FIRST_FRAME = 1500; // ms; a tab in the background presents none

export class Video {
  /** Opens `src`, whose frames are shown at `times` (seconds from the first). Null where the browser cannot. */
  static async open(src, { times, width, height }) {
    const video = element("video", { src, preload: "auto", playsInline: true, disablePictureInPicture: true });
    // The first frame is told of once, when it comes: whoever asks later does not hear of it.
    const first = new Promise((resolve) => {
      video.requestVideoFrameCallback?.((_now, { mediaTime }) => resolve(mediaTime));
    });
    const opened = await new Promise((resolve) => {
      video.onloadeddata = () => resolve(true);
      video.onerror = () => resolve(false);
    });
    // A browser that knows only the sound of a file opens it without a picture.
    if (!opened || !video.videoWidth) {
      video.removeAttribute("src");
      video.load();
      return null;
    }
    const none = new Promise((resolve) => setTimeout(resolve, FIRST_FRAME, 0));
    const zero = await Promise.race([first, none]);
    return new Video(video, times, [width || video.videoWidth, height || video.videoHeight], zero);
  }

  constructor(video, times, size, zero) {
    this.element = video;
    this.times = times;
    this.size = size;
    this.zero = zero; // the media time of the first frame
    this.index = 0;
    this.wanted = null;
    this.onframe = () => {};
    this.onstate = () => {};
    video.onplay = video.onpause = video.onended = () => this.onstate();
    video.onseeked = () => this.#sought();
    if (video.requestVideoFrameCallback) this.#listen();
    else this.#poll();
  }

  get duration() {
    return this.element.duration;
  }

  get playing() {
    return !this.element.paused && !this.element.ended;
  }

  /** The time of the frame that is on the screen. */
  get time() {
    return this.times.length ? this.times[this.index] : this.shown ?? 0;
  }

  set rate(rate) {
    this.element.playbackRate = rate;
  }

  play() {
    if (this.element.ended) this.seek(0);
    this.element.play().catch(() => {}); // a pause came before it began
  }

  pause() {
    this.element.pause();
  }

  /** Show the frame that is on the screen at `time`. */
  seek(time) {
    if (!this.times.length) this.#go(time);
    else this.#frame(Math.max(0, lastUpTo(this.times, time + 1e-4)));
  }

  step(frames) {
    this.pause();
    if (this.times.length) this.#frame(this.aim() + frames);
    else this.#go(this.time + frames / 30);
  }

  /** The frame that is being sought, or shown. */
  aim() {
    return this.wantedIndex ?? this.index;
  }

  #frame(index) {
    const { times } = this;
    const at = Math.min(Math.max(index, 0), times.length - 1);
    this.wantedIndex = at;
    // The middle of the time for which the frame is shown: its edges are a matter of rounding.
    const next = at + 1 < times.length ? times[at + 1] : times[at] + (times[at] - (times[at - 1] ?? times[at] - 0.02));
    this.#go((times[at] + Math.max(next, times[at])) / 2);
  }

  /** Seeks do not pile up: while one is under way, only the latest wish is kept. */
  #go(time) {
    this.wanted = Math.min(Math.max(time + this.zero, 0), this.duration || 0);
    if (!this.element.seeking) this.#begin();
  }

  #begin() {
    const time = this.wanted;
    this.wanted = null;
    this.element.currentTime = time;
  }

  #sought() {
    if (this.wanted !== null) this.#begin();
    else {
      this.wantedIndex = undefined;
      // A picture that is scrolled out of view is not presented, and so not told of.
      this.#now(this.element.currentTime, false);
    }
  }

  #listen() {
    this.element.requestVideoFrameCallback((_now, { mediaTime }) => {
      this.#now(mediaTime, true);
      this.#listen();
    });
  }

  #poll() {
    const look = () => {
      if (this.playing) this.#now(this.element.currentTime, false);
      requestAnimationFrame(look);
    };
    look();
  }

  /** `exact`: the time is the frame's own, and not somewhere in the time for which it is shown. */
  #now(mediaTime, exact) {
    const time = Math.max(0, mediaTime - this.zero);
    const { times } = this;
    let index = Math.max(0, lastUpTo(times, time + 1e-4));
    if (exact && index + 1 < times.length && times[index + 1] - time < time - times[index]) index++;
    this.index = index;
    this.shown = time;
    this.onframe(this.time);
  }
}
