// Draws a frame and, on it, who was found: a rounded frame, the id and the value, in the colour of the value.

import { placeLabels } from "../labels.js";
import { valenceColour, valenceText } from "../palette.js";

const GAP = 4; // pixels of a 640 px picture between a box and its label
const CROWD = 5; // faces from which on labels are small and short

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.mirrored = false;
    this.values = true; // whether values stand beside the boxes
  }

  clear() {
    this.canvas.parentElement.classList.remove("covered");
    this.canvas.dataset.faces = "[]";
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * `picture`: what to draw under the boxes, or null for boxes alone. `message`: see DESIGN.md, Web. `age`: ms by which
   * the picture is newer than what the boxes were read from.
   */
  draw(picture, message, age = 0) {
    const { canvas, context } = this;
    canvas.dataset.age = Math.round(age);
    canvas.dataset.frame = message.frame;
    const width = picture ? picture.width : message.width;
    const height = picture ? picture.height : message.height;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    canvas.parentElement.classList.toggle("covered", picture !== null);
    if (picture) {
      if (this.mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
      context.drawImage(picture, 0, 0);
      context.setTransform(1, 0, 0, 1, 0, 0);
    } else {
      context.clearRect(0, 0, width, height);
    }
    // The analysis may have seen the picture at another size than the camera's.
    const scale = width / message.width;
    const unit = Math.max(1, width / 640); // one pixel of a 640 px picture
    const boxes = message.faces.map((face) => this.#box(face, scale, unit));
    const drawn = message.faces.map((face, i) => ({ face_id: face.face_id, box: boxes[i] }));
    if (this.values) this.#labels(message.faces, boxes, unit).forEach((label, i) => (drawn[i].label = label));
    // What is drawn where, in pixels of the canvas, for tests and for whoever automates the page.
    canvas.dataset.faces = JSON.stringify(drawn);
  }

  /** Draws a face's box and returns its edges on the canvas. */
  #box(face, scale, unit) {
    const { context, canvas } = this;
    let [left, top, right, bottom] = face.box.map((edge) => edge * scale);
    if (this.mirrored) [left, right] = [canvas.width - right, canvas.width - left];
    context.globalAlpha = 0.45 + 0.55 * face.quality;
    context.lineWidth = 4.5 * unit;
    context.strokeStyle = "rgb(0 0 0 / 45%)";
    this.#outline(left, top, right, bottom, unit);
    context.lineWidth = 2.5 * unit;
    context.strokeStyle = valenceColour(face.smoothed);
    this.#outline(left, top, right, bottom, unit);
    context.globalAlpha = 1;
    return [left, top, right, bottom];
  }

  /** Draws the labels of `boxes` where none hides another, and returns their edges. */
  #labels(faces, boxes, unit) {
    const { context, canvas } = this;
    const crowded = faces.length >= CROWD;
    const size = (crowded ? 11 : 14) * unit;
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    const texts = faces.map((face) => `${crowded ? `${face.face_id} ` : `Face ${face.face_id}  `} ${valenceText(face.smoothed)}`);
    const sizes = texts.map((text) => [context.measureText(text).width + size * 1.9, size * 1.7]);
    const corners = placeLabels(boxes, sizes, [canvas.width, canvas.height], GAP * unit);
    return corners.map(([x, y], i) => {
      const [wide, high] = sizes[i];
      context.fillStyle = "rgb(18 22 27 / 82%)";
      context.beginPath();
      context.roundRect(x, y, wide, high, high / 3);
      context.fill();
      context.fillStyle = valenceColour(faces[i].smoothed);
      context.beginPath();
      context.arc(x + size * 0.75, y + high / 2, size * 0.3, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = "#fff";
      context.fillText(texts[i], x + size * 1.35, y + high / 2 + size * 0.04);
      return [x, y, x + wide, y + high];
    });
  }

  #outline(left, top, right, bottom, unit) {
    this.context.beginPath();
    this.context.roundRect(left, top, right - left, bottom - top, 9 * unit);
    this.context.stroke();
  }
}
