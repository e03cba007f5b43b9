// A camera that is analysed in this browser: what `shared/camera/connection.js` is for one that the server analyses.
// Only numbers leave: they are sent in batches, in order, each until the server has it.

import { wallClock } from "../shared/camera/clock.js";
import { OfferError, request } from "../shared/camera/connection.js";

const SEND = 1000; // ms between batches
const AGAIN = 2000; // ms before another try when the server cannot be reached
const MOST = 60; // frames in a batch
const FASTEST = 1000 / 30; // ms between two frames that are analysed
const SLOWEST = 5; // frames a second below which a device is too slow
const TRIED = 10; // s of analysis before that is judged...
const RECENT = 5; // ... by the latest of them

/** The analysis itself, opened once for all who sit in front of this page: networks, and the worker that runs them. */
export class Device {
  /** `progress`: called with the share that has come, 0..1. Throws OfferError where it cannot be had. */
  static async open(progress = () => {}) {
    if (!HTMLVideoElement.prototype.requestVideoFrameCallback || !window.OffscreenCanvas || !window.WebAssembly) {
      throw new OfferError(0, "This browser is too old to read your camera’s picture by itself; a newer one can.");
    }
    const device = new Device();
    const settings = await request("/edge/settings.json");
    const sizes = Object.values(settings.networks).map(({ bytes }) => bytes);
    const whole = sizes.reduce((sum, size) => sum + size, 0);
    let come = 0;
    const files = {};
    const load = async ([name, { address }]) => {
      files[name] = await download(address, (bytes) => progress((come += bytes) / whole));
    };
    await Promise.all(Object.entries(settings.networks).map(load));
    device.version = settings.version;
    device.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    device.waiting = new Map();
    device.number = 0;
    device.worker.onmessage = ({ data }) => device.#answered(data);
    device.worker.onerror = (event) => device.waiting.forEach(({ fail }) => fail(new Error(event.message || "The worker did not start.")));
    try {
      await device.ask("open", { settings, files });
    } catch (error) {
      throw new OfferError(0, `This browser cannot read your camera’s picture by itself: ${error.message}`);
    }
    return device;
  }

  /** What the worker answers. `moved`: what is handed over and not copied. */
  ask(act, given = {}, moved = []) {
    const number = ++this.number;
    return new Promise((done, fail) => {
      this.waiting.set(number, { done, fail });
      this.worker.postMessage({ act, number, ...given }, moved);
    });
  }

  #answered({ number, error, ...answer }) {
    const asked = this.waiting.get(number);
    this.waiting.delete(number);
    if (error) asked?.fail(new Error(error));
    else asked?.done(answer);
  }
}

export class EdgeConnection extends EventTarget {
  // Events: "frame" (detail: message), "control" (detail: message), "moved": the server was started again, and what it
  // has not got yet goes on in another viewing (this.answer), which begins at this.began; "lost": it takes no more.

  /** `door`: {offer: address; numbers(answer): address of what may be sent}. */
  constructor(door, device) {
    super();
    Object.assign(this, { door, device, closed: false, batches: [], frames: [], sequence: 0, count: 0, dropped: 0, busy: false, fps: 0, times: [] });
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.sender = { replaceTrack: (track) => this.#show(new MediaStream([track])) };
  }

  /** Begin with the camera's `stream`. `extra`: more fields of what the server is told. */
  async open(stream, extra = {}) {
    this.extra = extra;
    this.answer = await this.#offer();
    if (this.closed) return;
    await this.device.ask("begin");
    await this.#show(stream);
    this.timer = setInterval(() => this.#pack(), SEND);
    this.began = this.first = this.last = null;
    this.#watch();
    this.#send();
  }

  /** Until the server has all that was analysed so far; false where it cannot be told. */
  async flush(patience = 30_000) {
    this.#pack();
    const end = performance.now() + patience;
    while ((this.batches.length || this.sending) && !this.closed && performance.now() < end) await pause(50);
    return !this.batches.length;
  }

  limit() {} // there is no line that could be too slow

  say() {}

  close() {
    this.closed = true;
    clearInterval(this.timer);
    this.video.srcObject = null;
  }

  /** The page goes: what is not sent yet may still reach the server. */
  leave() {
    this.#pack();
    const address = this.answer && this.door.numbers(this.answer);
    for (const batch of this.batches) navigator.sendBeacon(address, new Blob([JSON.stringify(batch)], { type: "application/json" }));
  }

  #offer() {
    return request(this.door.offer, { version: this.device.version, ...this.extra }, () => !this.closed);
  }

  /** The server has forgotten the viewing: the same person goes on in another one, with all that is not stored yet. */
  async #again() {
    this.#pack();
    this.extra = { ...this.extra, person: this.answer.person };
    const answer = await this.#offer();
    const frames = this.batches.flatMap((batch) => batch.frames).filter(({ frame }) => frame >= (answer.stored ?? 0));
    const [from, since] = frames.length ? [frames[0].frame, frames[0].time_s] : [this.count, (this.last - this.began) / 1000 + 0.001];
    const moved = ({ frame, time_s, faces }) => ({ frame: frame - from, time_s: round(time_s - since, 4), faces });
    this.batches = [];
    for (let i = 0; i < frames.length; i += MOST) this.batches.push({ sequence: i / MOST, frames: frames.slice(i, i + MOST).map(moved) });
    this.frames = this.frames.map(moved); // what was analysed while the server was asked
    Object.assign(this, { answer, sequence: this.batches.length, count: this.count - from, began: this.began + 1000 * since });
    this.dispatchEvent(new CustomEvent("moved", { detail: { began: wallClock(this.began) } }));
  }

  async #show(stream) {
    this.video.srcObject = stream;
    await this.video.play();
  }

  #watch() {
    if (this.closed) return;
    this.video.requestVideoFrameCallback((now, { captureTime }) => {
      this.#frame(captureTime ?? now);
      this.#watch();
    });
  }

  /** A frame is there, taken at `moment` (of performance.now()): the newest wins while another is analysed. */
  async #frame(moment) {
    if (this.last !== null && moment - this.last < FASTEST - 2) return;
    if (this.busy) return void (this.dropped += 1);
    this.busy = true;
    this.last = moment;
    this.began ??= moment;
    this.first ??= moment;
    try {
      const bitmap = await createImageBitmap(this.video);
      const { width, height } = bitmap;
      const { faces } = await this.device.ask("frame", { bitmap, time: (moment - this.first) / 1000 }, [bitmap]);
      if (this.closed) return;
      const time = (moment - this.began) / 1000; // now: another viewing may have begun meanwhile
      const frame = this.count++;
      this.frames.push({ frame, time_s: round(time, 4), faces: faces.map(short) });
      if (this.frames.length >= MOST) this.#pack();
      this.#judge((moment - this.first) / 1000);
      const latency_ms = performance.now() - moment;
      const message = { frame, time_s: time, width, height, captured_ms: wallClock(moment), latency_ms, fps: this.fps, dropped: this.dropped, faces };
      this.dispatchEvent(new CustomEvent("frame", { detail: message }));
    } catch (error) {
      if (!this.closed) this.#tell({ type: "ended", text: `This browser could not go on: ${error.message}` });
    } finally {
      this.busy = false;
    }
  }

  /** Whether this device can keep up at all; `time`: seconds since it began. */
  #judge(time) {
    this.times.push(time);
    while (time - this.times[0] > RECENT) this.times.shift();
    const passed = Math.min(time, RECENT);
    this.fps = passed > 0 ? this.times.length / passed : 0;
    if (this.slow || time < TRIED || this.fps >= SLOWEST) return;
    this.slow = true;
    this.#tell({ type: "slow", text: `This device reads ${this.fps.toFixed(1)} pictures a second; ${SLOWEST} are needed.` });
  }

  #pack() {
    if (!this.frames.length) return;
    this.batches.push({ sequence: this.sequence++, frames: this.frames });
    this.frames = [];
  }

  /** Sends one batch after another, for as long as this is open. */
  async #send() {
    while (!this.closed || this.batches.length) {
      const batch = this.batches[0];
      if (!batch) {
        await pause(50);
        continue;
      }
      this.sending = true;
      try {
        await request(this.door.numbers(this.answer), batch);
        this.batches.shift();
        if (this.held) this.#tell({ type: "stored" });
        this.held = false;
      } catch (error) {
        const known = error.status && error.status < 500 && error.status !== 429;
        if (this.closed && known) return;
        if (known) {
          try {
            if (error.status !== 404) throw error;
            await this.#again();
            continue;
          } catch (reason) {
            if (reason.status && reason.status < 500) return void this.dispatchEvent(new Event("lost"));
          }
        }
        if (this.closed) return;
        if (!this.held) this.#tell({ type: "held", text: "The server cannot be reached; what is read is kept here and sent later." });
        this.held = true;
        await pause(AGAIN);
      } finally {
        this.sending = false;
      }
    }
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("control", { detail }));
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const round = (value, digits) => Number(value.toFixed(digits));

/** A sample with as many digits as it has. */
function short({ box, ...numbers }) {
  return { box: box.map((edge) => round(edge, 2)), ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, round(value, 5)])) };
}

async function download(address, come) {
  const response = await fetch(address);
  if (!response.ok) throw new OfferError(response.status, `A network could not be loaded (${response.status}).`);
  const parts = [];
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    come(value.length);
  }
  return new Blob(parts).arrayBuffer();
}
