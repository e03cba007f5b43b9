// Shapes on a canvas.
//
// A shape is {kind: "path", d, stroke, width, dash, opacity, fill}, {kind: "rect", x, y, width, height, fill, opacity},
// {kind: "text", x, y, text, fill, size, anchor, weight} or {kind: "clip", x, y, width, height, shapes}.

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** `ratio`: canvas pixels per pixel of the shapes. */
export function paint(canvas, shapes, width, height, ratio) {
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.lineJoin = context.lineCap = "round";
  for (const shape of shapes) draw(context, shape);
}

function draw(context, shape) {
  context.globalAlpha = shape.opacity ?? 1;
  if (shape.kind === "rect") {
    context.fillStyle = shape.fill;
    context.fillRect(shape.x, shape.y, shape.width, shape.height);
  } else if (shape.kind === "path") {
    const path = new Path2D(shape.d);
    if (shape.fill) {
      context.fillStyle = shape.fill;
      context.fill(path);
    }
    if (!shape.stroke) return;
    context.strokeStyle = shape.stroke;
    context.lineWidth = shape.width;
    context.setLineDash(shape.dash ? shape.dash.split(" ").map(Number) : []);
    context.stroke(path);
  } else if (shape.kind === "text") {
    context.fillStyle = shape.fill;
    context.font = `${shape.weight ?? 400} ${shape.size}px ${FONT}`;
    context.textAlign = { start: "left", middle: "center", end: "right" }[shape.anchor];
    context.fillText(shape.text, shape.x, shape.y);
  } else {
    context.save();
    context.beginPath();
    context.rect(shape.x, shape.y, shape.width, shape.height);
    context.clip();
    for (const inner of shape.shapes) draw(context, inner);
    context.restore();
  }
}
