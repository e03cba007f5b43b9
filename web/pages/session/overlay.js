// The boxes of the frame on the screen, over the picture.

import { element } from "../shared/elements.js";
import { placeLabels } from "../shared/labels.js";
import { valenceText } from "../shared/palette.js";

const BORDER = 2.5; // pixels, see session.css
const GAP = 5;
const CROWD = 8; // faces from which on labels are small and short

export class Overlay {
  /** `size`: pixels in which boxes are measured. */
  constructor(size) {
    [this.width, this.height] = size;
    this.element = element("div", { className: "boxes", "aria-hidden": "true" });
    this.boxes = new Map();
    this.crowded = false;
    new ResizeObserver(() => {
      this.#forget();
      this.#label();
    }).observe(this.element);
  }

  /** `samples`: of one frame (see track.js); `face(id)`: {name, short, bright, visible}. */
  draw(samples, face) {
    const seen = new Set();
    this.#crowd(samples.length >= CROWD);
    for (const sample of samples) {
      const { name, short, bright, visible } = face(sample.face_id);
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
      box.edges = sample.box;
      box.tag.textContent = `${this.crowded ? short : name}  ${valenceText(sample.smoothed)}`;
    }
    for (const [id, box] of this.boxes) {
      if (seen.has(id)) continue;
      box.element.remove();
      this.boxes.delete(id);
    }
    this.#label();
  }

  #crowd(crowded) {
    if (crowded === this.crowded) return;
    this.crowded = crowded;
    this.element.classList.toggle("crowd", crowded);
    this.#forget();
  }

  /** The labels have other sizes now. */
  #forget() {
    for (const box of this.boxes.values()) box.said = "";
  }

  /** Put every label where it hides none of the others. */
  #label() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width) return;
    const boxes = [...this.boxes.values()];
    for (const box of boxes) {
      if (box.said.length === box.tag.textContent.length) continue; // digits are equally wide
      box.said = box.tag.textContent;
      box.size = [box.tag.offsetWidth, box.tag.offsetHeight];
    }
    const [across, down] = [width / this.width, height / this.height];
    const edges = boxes.map(({ edges: [left, top, right, bottom] }) => [left * across, top * down, right * across, bottom * down]);
    const corners = placeLabels(edges, boxes.map((box) => box.size), [width, height], GAP);
    boxes.forEach(({ tag }, i) => {
      const [x, y] = corners[i].map((value, axis) => value - edges[i][axis] - BORDER);
      tag.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    });
  }

  #add(id) {
    const tag = element("span", { className: "tag number" });
    const box = { tag, said: "", element: element("div", { className: "box", data: { faceId: id } }, tag) };
    this.boxes.set(id, box);
    this.element.append(box.element);
    return box;
  }
}
