// Shapes (see plot.js) on a canvas.

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
    context.strokeStyle = shape.stroke;
    context.lineWidth = shape.width;
    context.setLineDash(shape.dash ? shape.dash.split(" ").map(Number) : []);
    context.stroke(new Path2D(shape.d));
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
