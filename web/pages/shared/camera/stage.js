// The picture with what was found on it: one's own camera, or a relayed one.

import { CaptureClock, RtpClock, wallClock } from "./clock.js";
import { Frames } from "./frames.js";
import { Overlay } from "./overlay.js";
import { Playout } from "./playout.js";
import { Results } from "./results.js";

class Stage {
  constructor(video, canvas) {
    this.video = video;
    this.overlay = new Overlay(canvas);
    this.running = 0; // which run the frame callbacks belong to
    this.frozen = false;
  }

  async show(stream) {
    this.reset();
    this.video.srcObject = stream;
    const run = ++this.running;
    const frame = (now, metadata) => {
      if (run !== this.running) return;
      this.video.requestVideoFrameCallback(frame);
      if (!this.frozen && this.video.videoWidth) this.frame(now, metadata);
    };
    this.video.requestVideoFrameCallback(frame);
    await this.video.play().catch(() => {}); // hidden tabs refuse; the stream plays when they come back
  }

  stop() {
    this.running++;
    this.video.srcObject = null;
    this.reset();
  }
}

export class CameraStage extends Stage {
  reset() {
    this.frozen = false;
    this.frames ??= new Frames();
    this.frames.clear();
    this.playout ??= new Playout();
    this.playout.clear();
    this.clock = new CaptureClock();
    this.overlay.clear();
  }

  /** A new connection: results of the one before are over. */
  restart() {
    this.reset();
  }

  set mirrored(value) {
    this.overlay.mirrored = value;
    this.video.parentElement.classList.toggle("mirrored", value);
  }

  frame(now, metadata) {
    const taken = wallClock(metadata.captureTime ?? now);
    this.frames.keep(this.video, taken);
    const due = this.playout.due(wallClock(performance.now()));
    const frame = this.frames.until(due);
    const result = frame && this.playout.results.at(frame.taken);
    // Without a result the camera itself shows through.
    if (result) this.overlay.draw(frame.canvas, result, this.playout.results.age);
    else this.overlay.clear();
  }

  /** A result has come. Returns the milliseconds from camera to here. */
  result(message) {
    const now = wallClock(performance.now());
    const captured = this.clock.captured(message, now);
    this.playout.arrived(captured, message, now);
    return now - captured;
  }
}

export class RelayStage extends Stage {
  // A relayed picture comes after its result, with a timestamp that says which.

  reset() {
    this.clock = new RtpClock();
    this.results = new Results();
    this.overlay.clear();
  }

  frame(_now, metadata) {
    if (metadata.rtpTimestamp === undefined) return;
    const moment = this.clock.shown(metadata.rtpTimestamp);
    const result = moment === null ? null : this.results.at(moment);
    if (result) this.overlay.draw(null, result);
    else this.overlay.clear();
  }

  result(message) {
    if (message.rtp === undefined) return;
    this.results.add(this.clock.told(message.rtp), message);
  }
}
