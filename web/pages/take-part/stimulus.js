// What is watched: a video on this page, or something that is shown elsewhere, for which a clock runs here.
//
// Both have {element, ratio, time, playing, play(), pause(), listen(act), onend}; `time` in seconds of the stimulus,
// right at any moment; `act` is called at whatever may change how it runs.

import { element } from "../shared/elements.js";
import { Video } from "../shared/player/video.js";
import { clock } from "../shared/text.js";

const EVENTS = ["play", "playing", "pause", "waiting", "seeking", "seeked", "ratechange", "ended"];
const COUNTDOWN = 3;

/** Opens the stimulus of an invitation; null where this browser cannot play its video. */
export async function openStimulus({ video, duration_s: duration }) {
  if (!video) return new Elsewhere(duration);
  const opened = await Video.open(video, { times: [] });
  return opened && new OnThisPage(opened);
}

class OnThisPage {
  constructor(video) {
    this.element = video.element;
    this.ratio = video.size[0] / video.size[1];
    this.zero = video.zero;
    this.onend = () => {};
    this.element.addEventListener("ended", () => this.onend());
    this.stops = true; // who looks away from the page does not see it
  }

  get time() {
    return Math.max(0, this.element.currentTime - this.zero);
  }

  get playing() {
    return !this.element.paused && !this.element.ended;
  }

  play() {
    return this.element.play();
  }

  pause() {
    this.element.pause();
  }

  rewind() {
    this.element.currentTime = 0;
  }

  listen(act) {
    for (const name of EVENTS) this.element.addEventListener(name, act);
  }
}

class Elsewhere {
  constructor(duration) {
    this.duration = duration;
    this.ratio = 16 / 9;
    this.stops = false;
    this.onend = () => {};
    this.act = () => {};
    this.says = element("p", {}, "");
    this.shown = element("p", { className: "time" }, "");
    this.bar = element("i");
    this.element = element("div", { className: "elsewhere" }, this.says, this.shown, element("div", { className: "bar", "aria-hidden": "true" }, this.bar));
    this.rewind();
  }

  get time() {
    const now = this.began === null ? this.held : this.held + (performance.now() - this.began) / 1000;
    return Math.min(now, this.duration);
  }

  get playing() {
    return this.began !== null || this.counting;
  }

  async play() {
    if (this.playing) return;
    this.stopped = false;
    if (this.held === 0) await this.#countDown();
    if (this.stopped) return;
    this.began = performance.now();
    this.act();
    this.#tick();
  }

  pause() {
    this.stopped = true;
    this.counting = false;
    if (this.began !== null) this.held = this.time;
    this.began = null;
    this.act();
  }

  rewind() {
    this.held = 0;
    this.began = null;
    this.counting = false;
    this.stopped = false;
    this.says.textContent = "It is shown elsewhere. Start it there when the count is at zero.";
    this.shown.textContent = clock(0, 0);
    this.bar.style.transform = "scaleX(0)";
  }

  listen(act) {
    this.act = act;
  }

  async #countDown() {
    this.counting = true;
    this.says.textContent = "Start at zero";
    for (let left = COUNTDOWN; left > 0 && this.counting; left--) {
      this.shown.textContent = left;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.counting = false;
  }

  #tick() {
    if (this.began === null) return;
    this.says.textContent = "Watch";
    this.shown.textContent = clock(this.time, 0);
    this.bar.style.transform = `scaleX(${(this.time / this.duration).toFixed(4)})`;
    if (this.time < this.duration) return void setTimeout(() => this.#tick(), 100);
    this.pause();
    this.onend();
  }
}
