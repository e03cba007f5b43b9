// A small valence curve on a canvas: raw thin, smoothed bold, a gap where the face was gone.
//

const GAP = 0.5; // seconds without a sample that interrupt the line

export class Curve {
  /** `seconds`: how far back it keeps what it is given. */
  constructor(canvas, seconds = 30) {
    this.canvas = canvas;
    this.kept = seconds;
    this.points = [];
  }

  add(time, raw, smoothed) {
    this.points.push({ time, raw, smoothed });
  }

  /** Draw the last `seconds` up to the moment `now`, in seconds of the session. */
  draw(now, seconds = this.kept) {
    const { canvas, points } = this;
    while (points.length && points[0].time < now - this.kept - 1) points.shift();
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
    if (!points.length) return;

    context.lineJoin = context.lineCap = "round";
    context.strokeStyle = style.getPropertyValue("--line-strong");
    context.lineWidth = ratio;
    this.#line(context, x, y, "raw");
    const colours = context.createLinearGradient(0, y(1), 0, y(-1));
    colours.addColorStop(0, style.getPropertyValue("--positive"));
    colours.addColorStop(0.5, style.getPropertyValue("--neutral"));
    colours.addColorStop(1, style.getPropertyValue("--negative"));
    context.strokeStyle = colours;
    context.lineWidth = 2.25 * ratio;
    this.#line(context, x, y, "smoothed");

    const last = points[points.length - 1];
    if (now - last.time < GAP) {
      context.fillStyle = colours;
      context.beginPath();
      context.arc(x(last.time), y(last.smoothed), 3.5 * ratio, 0, 2 * Math.PI);
      context.fill();
    }
  }

  #line(context, x, y, which) {
    context.beginPath();
    let before = -Infinity;
    for (const point of this.points) {
      if (point.time - before > GAP) context.moveTo(x(point.time), y(point[which]));
      else context.lineTo(x(point.time), y(point[which]));
      before = point.time;
    }
    context.stroke();
  }
}
