// A small valence curve on a canvas: raw thin, smoothed bold, a gap where the face was gone.
//

const GAP = 0.5; // seconds without a sample that interrupt the line
const WHOLE = 130; // seconds for which every sample is kept; of older ones
const THIN = 0.25; // one in so many seconds

export class Curve {
  constructor(canvas) {
    this.canvas = canvas;
    this.past = []; // thinned
    this.recent = [];
    /** The moment at which a line is drawn across, or null. */
    this.cursor = null;
  }

  add(time, raw, smoothed) {
    this.recent.push({ time, raw, smoothed });
    while (this.recent[0].time < time - WHOLE) {
      const old = this.recent.shift();
      if (old.time - (this.past.at(-1)?.time ?? -Infinity) >= THIN) this.past.push(old);
    }
  }

  /** The point nearest to the moment `time`; null where there is none within a gap. */
  at(time) {
    const points = this.recent.length && time >= this.recent[0].time ? this.recent : this.past;
    let found = null;
    for (const point of points) {
      if (Math.abs(point.time - time) < Math.abs((found?.time ?? Infinity) - time)) found = point;
    }
    return found && Math.abs(found.time - time) < GAP ? found : null;
  }

  /** Draw the last `seconds` up to the moment `now`, in seconds of the session. */
  draw(now, seconds) {
    const { canvas } = this;
    const points = [...this.past, ...this.recent].filter((point) => point.time >= now - seconds - 1);
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const x = (time) => width - ratio * 4 - ((now - time) / seconds) * (width - ratio * 4);
    const y = (value) => height / 2 - value * (height / 2 - 3 * ratio);
    context.clearRect(0, 0, width, height);

    context.strokeStyle = style.getPropertyValue("--line");
    context.lineWidth = ratio;
    context.beginPath();
    for (const level of height > 80 * ratio ? [-1, 0, 1] : [0]) {
      context.moveTo(0, Math.round(y(level)) + 0.5);
      context.lineTo(width, Math.round(y(level)) + 0.5);
    }
    context.stroke();
    if (height > 80 * ratio) {
      context.fillStyle = style.getPropertyValue("--quiet");
      context.font = `${10 * ratio}px ${style.fontFamily}`;
      for (const [level, text, base] of [[1, "+1", "top"], [0, "0", "bottom"], [-1, "−1", "bottom"]]) {
        context.textBaseline = base;
        context.fillText(text, 0, y(level));
      }
    }
    if (!points.length) return;

    context.lineJoin = context.lineCap = "round";
    context.strokeStyle = style.getPropertyValue("--line-strong");
    context.lineWidth = ratio;
    this.#line(context, points, x, y, "raw");
    const colours = context.createLinearGradient(0, y(1), 0, y(-1));
    colours.addColorStop(0, style.getPropertyValue("--positive"));
    colours.addColorStop(0.5, style.getPropertyValue("--neutral"));
    colours.addColorStop(1, style.getPropertyValue("--negative"));
    context.strokeStyle = colours;
    context.lineWidth = 2.25 * ratio;
    this.#line(context, points, x, y, "smoothed");

    if (this.cursor !== null) {
      context.fillStyle = style.getPropertyValue("--ink");
      context.fillRect(Math.round(x(this.cursor)), 0, ratio, height);
    }
    const last = points[points.length - 1];
    if (now - last.time < GAP) {
      context.fillStyle = colours;
      context.beginPath();
      context.arc(x(last.time), y(last.smoothed), 3.5 * ratio, 0, 2 * Math.PI);
      context.fill();
    }
  }

  #line(context, points, x, y, which) {
    context.beginPath();
    let before = -Infinity;
    for (const point of points) {
      if (point.time - before > GAP) context.moveTo(x(point.time), y(point[which]));
      else context.lineTo(x(point.time), y(point[which]));
      before = point.time;
    }
    context.stroke();
  }
}
