// Whether a face is well visible, judged by what the server says of each frame.

const STEADY = 1200; // ms for which it must be
const RECENT = 600; // ms without a good frame after which it no longer is

export class FaceCheck {
  /** `least`: quality, 0..1, below which samples do not count. */
  constructor(least) {
    this.least = least;
    this.since = null;
    this.latest = -Infinity;
  }

  /** A frame's message has come at `now` (ms). Returns {good, hint}. */
  judge({ faces, width }, now) {
    const hint = this.#trouble(faces, width);
    if (!hint) {
      this.since ??= now;
      this.latest = now;
    } else if (now - this.latest > RECENT) this.since = null;
    const good = this.since !== null && now - this.since >= STEADY;
    return { good, hint: good ? "Your face is well visible." : hint || "Hold still for a moment…" };
  }

  #trouble(faces, width) {
    if (!faces.length) return "No face is to be seen: look towards the camera, with light on your face.";
    if (faces.length > 1) return "More than one face is to be seen: only you should be in the picture.";
    const [{ quality, box }] = faces;
    if (quality >= this.least) return "";
    return box[2] - box[0] < width / 8 ? "Your face is small: come closer." : "Your face is hard to read: more light from the front, and look at the screen.";
  }
}
