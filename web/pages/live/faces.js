// The table of faces: a row for each face in view, with its value in words and its curve.

import { Curve } from "../shared/curve.js";
import { element } from "../shared/elements.js";
import { ERROR, errorText, isMeasure, measureName, measureText } from "../shared/measures.js";
import { valenceText, valenceWord } from "../shared/palette.js";
import { length } from "../shared/text.js";

const GONE = 3; // seconds after which the row of a face that left is removed
const TEXT_EVERY = 100; // ms between changes of the text: digits that run faster cannot be read
const CURVE_EVERY = 100;
const SHORTEST = 10; // seconds that the curves show at first; they grow with the session
const WINDOWS = { "Last 30 s": 30, "Last 2 min": 120, "From the start": Infinity };
const PAUSE = 1; // seconds that a pause takes on the curves, however long it was

export class Faces {
  constructor(table, empty) {
    this.table = table;
    this.body = table.tBodies[0];
    this.empty = empty;
    this.rows = new Map();
    this.now = 0; // in seconds of the session without its pauses
    this.paused = 0; // seconds that these took
    this.resting = false;
    this.first = null;
    this.texted = this.drawn = 0;
    this.pointed = null; // how many seconds ago the pointer is
    this.longest = 30;
    this.#scale();
    this.body.addEventListener("pointermove", ({ target, offsetX }) => {
      if (target.tagName === "CANVAS") this.#point((1 - offsetX / (target.clientWidth - 4)) * this.seconds);
    });
    this.body.addEventListener("pointerleave", () => this.#point(null));
  }

  /** Seconds that the curves show. */
  get seconds() {
    return Math.min(this.longest, Math.max(SHORTEST, this.now - (this.first ?? this.now)));
  }

  /** Below the curves: how far back they go, and the choice of that. */
  #scale() {
    this.since = element("span");
    const choices = Object.keys(WINDOWS).map((name) => element("option", {}, name));
    const choice = element("select", { id: "window", "aria-label": "How much of the curves is shown" }, ...choices);
    choice.onchange = () => {
      this.longest = WINDOWS[choice.value];
      this.#draw();
    };
    const axis = element("div", { className: "axis small quiet number" }, this.since, element("span", {}, "now"));
    const row = element("tr", {}, element("td", { colSpan: 2 }, choice), element("td", {}, axis));
    this.table.append(element("tfoot", {}, row));
  }

  #point(ago) {
    this.pointed = ago === null ? null : Math.max(0, ago);
    this.#text();
    this.#draw();
  }

  #draw() {
    this.since.textContent = `${length(this.seconds)} ago`;
    for (const { curve } of this.rows.values()) {
      curve.cursor = this.pointed === null ? null : this.now - this.pointed;
      curve.draw(this.now, this.seconds);
    }
  }

  /** A pause begins; the next message ends it. Faces keep their rows and curves over it. */
  rest() {
    this.resting = this.first !== null;
  }

  /** Take one message. */
  show(message) {
    if (this.resting) this.paused = Math.max(this.paused, message.time_s - this.now - PAUSE);
    this.resting = false;
    this.now = message.time_s - this.paused;
    this.first ??= this.now;
    for (const face of message.faces) {
      const row = this.rows.get(face.face_id) ?? this.#add(face.face_id);
      row.seen = this.now;
      row.face = face;
      row.curve.add(this.now, face.valence, face.smoothed);
      row.element.dataset.valence = face.smoothed.toFixed(4);
    }
    const moment = performance.now();
    if (moment - this.texted >= TEXT_EVERY) {
      this.texted = moment;
      this.#text();
    }
    if (moment - this.drawn >= CURVE_EVERY) {
      this.drawn = moment;
      this.#draw();
    }
  }

  /** How many faces have a row. */
  get count() {
    return this.rows.size;
  }

  clear() {
    this.rows.clear();
    this.first = null;
    this.paused = 0;
    this.resting = false;
    this.body.replaceChildren();
    this.#arrange();
  }

  #add(id) {
    const element = document.createElement("tr");
    element.dataset.faceId = id;
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = `Face ${id}`;
    const cell = document.createElement("td");
    const value = document.createElement("span");
    value.className = "value";
    const word = document.createElement("span");
    word.className = "word";
    cell.append(value, word);
    const last = document.createElement("td");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    last.append(canvas);
    element.append(name, cell, last);
    const after = [...this.rows.keys()].filter((other) => other > id).sort((a, b) => a - b)[0];
    this.body.insertBefore(element, after === undefined ? null : this.rows.get(after).element);
    const row = { element, value, word, curve: new Curve(canvas), seen: this.now, face: null };
    this.rows.set(id, row);
    this.texted = 0;
    this.#arrange();
    return row;
  }

  #text() {
    for (const [id, row] of this.rows) {
      const gone = this.now - row.seen;
      if (gone > GONE) {
        row.element.remove();
        this.rows.delete(id);
        this.#arrange();
        continue;
      }
      row.element.classList.toggle("gone", gone > 0.3);
      if (this.pointed !== null) {
        const then = row.curve.at(this.now - this.pointed);
        row.value.textContent = then ? valenceText(then.smoothed) : "–";
        row.word.textContent = `${length(this.pointed)} ago`;
        continue;
      }
      row.value.textContent = valenceText(row.face.smoothed);
      row.value.title = told(row.face);
      row.word.textContent = gone > 0.3 ? "out of view" : valenceWord(row.face.smoothed);
    }
  }

  #arrange() {
    this.table.classList.toggle("one", this.rows.size === 1);
    this.table.classList.toggle("few", this.rows.size <= 2);
    this.table.classList.toggle("many", this.rows.size > 6);
    this.empty.hidden = this.rows.size > 0;
  }
}

/** What else the network says of a face: "error ± 0.12, arousal +0.31, happiness 92 %". */
function told(face) {
  const measures = Object.keys(face).filter((column) => isMeasure(column) && (column === "arousal" || face[column] >= 0.1));
  const error = ERROR in face ? [`error ${errorText(face[ERROR])}`] : [];
  return [...error, ...measures.map((column) => `${measureName(column).toLowerCase()} ${measureText(column, face[column])}`)].join(", ");
}
