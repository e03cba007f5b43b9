// The last frames of the camera, each with the moment at which it was taken, until they are due.

const KEPT = 14;

export class Frames {
  constructor() {
    this.slots = Array.from({ length: KEPT }, () => ({ taken: -Infinity, canvas: document.createElement("canvas") }));
    this.next = 0;
  }

  /** Keep the frame that `video` shows, taken at `taken` (ms). */
  keep(video, taken) {
    const slot = this.slots[this.next];
    this.next = (this.next + 1) % KEPT;
    const { canvas } = slot;
    if (canvas.width !== video.videoWidth || canvas.height !== video.videoHeight) {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      slot.context = canvas.getContext("2d", { alpha: false });
    }
    slot.context.drawImage(video, 0, 0);
    slot.taken = taken;
  }

  /** The latest frame taken until `moment` (ms, with half a frame's grace); null where there is none. */
  until(moment) {
    let best = null;
    for (const slot of this.slots) {
      if (slot.taken <= moment + 8 && slot.taken > (best?.taken ?? -Infinity)) best = slot;
    }
    return best;
  }

  clear() {
    for (const slot of this.slots) slot.taken = -Infinity;
  }
}
