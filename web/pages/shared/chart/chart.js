// The chart on the page: drawn once for what is in view; the cursor moves over it without drawing again.

import { paint } from "./paint.js";
import { scales } from "./axes.js";
import { density, onTheme, theme } from "./theme.js";

const CLOSEST = 0.25; // seconds that the closest zoom shows

export class Chart {
  /**
   * `plot({view, theme, ...content})`: the shapes of what is in view; `seek(time)` when the user points at a moment,
   * `choose(from, to)` when at a stretch, which is shown until that is settled. Whenever it is drawn, `root` hears
   * "look" with the seconds `from`, `to` and where they are, `left`, `right`, in pixels.
   */
  constructor(root, { plot, seek, choose }) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.cursor = root.querySelector(".cursor");
    this.chosen = root.querySelector(".chosen");
    this.plot = plot;
    this.seek = seek;
    this.choose = choose;
    this.duration = 1;
    this.range = [0, 1];
    this.content = null;
    this.time = 0;
    this.selection = null;
    /** Whether pointing chooses a stretch, as it does with Shift; it ends with the next one. */
    this.choosing = false;
    new ResizeObserver(() => this.draw()).observe(root);
    onTheme(() => this.draw());
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** `content`: for `plot`, and in `content.view` more of the view; `duration` in seconds. A new one shows all of it. */
  show(content, duration) {
    this.content = { ...this.content, ...content };
    if (duration !== undefined && duration !== this.duration) {
      this.duration = Math.max(duration, 0.05);
      this.range = [0, this.duration];
    }
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (!width || !height || !this.content) return;
    this.view = { from: this.range[0], to: this.range[1], width, height, ...this.content.view };
    this.scale = scales(this.view);
    const shapes = this.plot({ ...this.content, view: this.view, theme: theme() });
    paint(this.canvas, shapes, width, height, density());
    this.canvas.dataset.drawn = this.content.points ?? "";
    this.at(this.time);
    this.select(this.selection);
    this.root.dispatchEvent(new CustomEvent("look", { detail: { from: this.view.from, to: this.view.to, left: this.scale.left, right: this.scale.right } }));
  }

  /** Put the cursor at `time`; a view that is zoomed in follows. */
  at(time) {
    this.time = time;
    if (!this.scale) return;
    const [from, to] = this.range;
    if ((time < from || time > to) && !this.dragging) {
      const span = to - from;
      this.#look(time - (time > to ? 0.1 : 0.9) * span, span);
      return;
    }
    const x = Math.min(Math.max(this.scale.x(time), this.scale.left), this.scale.right);
    this.cursor.style.transform = `translateX(${x.toFixed(2)}px)`;
  }

  /** Show a stretch as chosen, or none for null. */
  select(stretch) {
    this.selection = stretch;
    this.chosen.hidden = !stretch;
    if (!stretch || !this.scale) return;
    const [left, right] = stretch.map((time) => Math.min(Math.max(this.scale.x(time), this.scale.left), this.scale.right));
    this.chosen.style.left = `${left}px`;
    this.chosen.style.width = `${Math.max(1, right - left)}px`;
  }

  /** Show a `factor` of what is in view, around `time` (the cursor, unless told). */
  zoom(factor, time = this.time) {
    const [from, to] = this.range;
    const span = Math.min(Math.max((to - from) * factor, CLOSEST), this.duration);
    const share = (Math.min(Math.max(time, from), to) - from) / (to - from);
    this.#look(time - share * span, span);
  }

  all() {
    this.#look(0, this.duration);
  }

  #look(from, span) {
    const wide = Math.min(span, this.duration);
    const start = Math.min(Math.max(from, 0), this.duration - wide);
    this.range = [start, start + wide];
    this.draw();
  }

  #timeAt(event) {
    const x = event.clientX - this.root.getBoundingClientRect().left;
    return Math.min(Math.max(this.scale.time(x), 0), this.duration);
  }

  #press(event) {
    if (event.button !== 0 || !this.scale) return;
    this.root.focus({ preventScroll: true });
    this.root.setPointerCapture(event.pointerId);
    const start = this.#timeAt(event);
    const choosing = event.shiftKey || this.choosing;
    this.dragging = true;
    if (!choosing) this.seek(start);
    const move = (moved) => {
      const time = this.#timeAt(moved);
      if (choosing) this.select([Math.min(start, time), Math.max(start, time)]);
      else this.seek(time);
    };
    const end = async () => {
      this.dragging = false;
      this.root.removeEventListener("pointermove", move);
      if (choosing) this.#chosen();
      if (choosing && this.selection && this.selection[1] > this.selection[0]) await this.choose(...this.selection);
      this.select(null); // it was used, or is not wanted
    };
    this.root.addEventListener("pointermove", move);
    this.root.addEventListener("lostpointercapture", end, { once: true });
  }

  /** A stretch is chosen: pointing means a moment again. */
  #chosen() {
    this.choosing = false;
    this.root.dispatchEvent(new CustomEvent("chosen"));
  }

  #wheel(event) {
    if (!this.scale) return;
    const [from, to] = this.range;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.#timeAt(event));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && to - from < this.duration) {
      event.preventDefault();
      this.#look(from + (event.deltaX / this.root.clientWidth) * (to - from), to - from);
    }
  }
}
