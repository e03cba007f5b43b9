// Draws a frame and, on it, who was found: a rounded frame, the id and the value, in the colour of the value.

import { valenceColour, valenceText } from "../palette.js";

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
    const crowded = message.faces.length > 4;
    const boxes = message.faces.map((face) => this.#face(face, scale, crowded));
    // What is drawn where, in pixels of the canvas, for tests and for whoever automates the page.
    canvas.dataset.faces = JSON.stringify(boxes);
  }

  #face(face, scale, crowded) {
    const { context, canvas } = this;
    let [left, top, right, bottom] = face.box.map((edge) => edge * scale);
    if (this.mirrored) [left, right] = [canvas.width - right, canvas.width - left];
    const unit = Math.max(1, canvas.width / 640); // one pixel of a 640 px picture
    const colour = valenceColour(face.smoothed);

    context.globalAlpha = 0.45 + 0.55 * face.quality;
    context.lineWidth = 4.5 * unit;
    context.strokeStyle = "rgb(0 0 0 / 45%)";
    this.#outline(left, top, right, bottom, unit);
    context.lineWidth = 2.5 * unit;
    context.strokeStyle = colour;
    this.#outline(left, top, right, bottom, unit);
    context.globalAlpha = 1;
    const drawn = { face_id: face.face_id, box: [left, top, right, bottom] };
    if (!this.values) return drawn;

    const size = (crowded ? 11 : 14) * unit;
    const text = crowded ? `${face.face_id}  ${valenceText(face.smoothed)}` : `Face ${face.face_id}   ${valenceText(face.smoothed)}`;
    context.font = `600 ${size}px system-ui, sans-serif`;
    const wide = context.measureText(text).width + size * 1.9;
    const high = size * 1.7;
    const x = Math.min(Math.max(0, left), canvas.width - wide);
    const y = top - high - 4 * unit >= 0 ? top - high - 4 * unit : Math.min(bottom + 4 * unit, canvas.height - high);
    context.fillStyle = "rgb(18 22 27 / 82%)";
    context.beginPath();
    context.roundRect(x, y, wide, high, high / 3);
    context.fill();
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x + size * 0.75, y + high / 2, size * 0.3, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "#fff";
    context.textBaseline = "middle";
    context.fillText(text, x + size * 1.35, y + high / 2 + size * 0.04);
    return drawn;
  }

  #outline(left, top, right, bottom, unit) {
    this.context.beginPath();
    this.context.roundRect(left, top, right - left, bottom - top, 9 * unit);
    this.context.stroke();
  }
}
