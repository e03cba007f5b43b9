// The boxes of the frame on the screen, over the picture.

import { element } from "../shared/elements.js";
import { valenceText } from "../shared/palette.js";

export class Overlay {
  /** `size`: pixels in which boxes are measured. */
  constructor(size) {
    [this.width, this.height] = size;
    this.element = element("div", { className: "boxes", "aria-hidden": "true" });
    this.boxes = new Map();
  }

  /** `samples`: of one frame (see track.js); `face(id)`: {name, bright, visible}. */
  draw(samples, face) {
    const seen = new Set();
    for (const sample of samples) {
      const { name, bright, visible } = face(sample.face_id);
      if (!visible) continue;
      seen.add(sample.face_id);
      const box = this.boxes.get(sample.face_id) ?? this.#add(sample.face_id);
      const [left, top, right, bottom] = sample.box;
      const { style, dataset } = box.element;
      style.left = `${(left / this.width) * 100}%`;
      style.top = `${(top / this.height) * 100}%`;
      style.width = `${((right - left) / this.width) * 100}%`;
      style.height = `${((bottom - top) / this.height) * 100}%`;
      style.setProperty("--face", bright);
      dataset.frame = sample.frame;
      dataset.box = sample.box.join(",");
      dataset.valence = sample.smoothed;
      box.element.classList.toggle("carried", sample.carried);
      box.element.classList.toggle("below", top / this.height < 0.12);
      box.tag.textContent = `${name}  ${valenceText(sample.smoothed)}`;
    }
    for (const [id, box] of this.boxes) {
      if (seen.has(id)) continue;
      box.element.remove();
      this.boxes.delete(id);
    }
  }

  #add(id) {
    const tag = element("span", { className: "tag number" });
    const box = { tag, element: element("div", { className: "box", data: { faceId: id } }, tag) };
    this.boxes.set(id, box);
    this.element.append(box.element);
    return box;
  }
}
