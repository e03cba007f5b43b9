// The line under the picture: how fast, how late, how many frames were left out, and what it runs on.

import { number } from "../shared/text.js";

const EVERY = 250; // ms between changes of the text

export class Status {
  constructor(element) {
    this.element = element;
    this.parts = Object.fromEntries(["fps", "latency", "dropped", "size", "runs-on"].map((id) => [id, element.querySelector(`#${id}`)]));
    this.latency = null;
    this.written = 0;
  }

  /** `latency`: ms from camera to here; null where it cannot be known. */
  show(message, latency) {
    const { dataset } = this.element;
    dataset.fps = message.fps;
    dataset.dropped = message.dropped;
    dataset.frame = message.frame;
    dataset.size = message.sent.join("x");
    if (latency !== null) {
      dataset.latencyMs = latency.toFixed(1);
      this.latency = this.latency === null ? latency : this.latency + 0.1 * (latency - this.latency);
    }
    const now = performance.now();
    if (now - this.written < EVERY) return;
    this.written = now;
    this.parts.fps.textContent = message.fps.toFixed(0);
    if (this.latency !== null) this.parts.latency.textContent = this.latency.toFixed(0);
    this.parts.dropped.textContent = number(message.dropped);
    this.parts.size.textContent = message.sent.join("×");
  }

  /** Say which device really runs. */
  async identify() {
    try {
      const health = await (await fetch("/health")).json();
      if (!health.device) return; // it is for operators
      const device = health.device.running === "cuda" ? "GPU" : "CPU";
      this.parts["runs-on"].textContent = `Analysed on the ${device}`;
    } catch {
      this.parts["runs-on"].textContent = "";
    }
  }

  /** Nothing is analysed just now: what would speak of it is old. */
  rest() {
    this.latency = null;
    Object.assign(this.element.dataset, { fps: "0", latencyMs: "" });
    for (const id of ["fps", "latency"]) this.parts[id].textContent = "–";
  }

  clear() {
    this.rest();
    this.element.dataset.dropped = "0";
    this.parts.dropped.textContent = "0";
    this.parts.size.textContent = "";
  }
}
