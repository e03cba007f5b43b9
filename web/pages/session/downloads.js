// Everything of a session as files; the chart is drawn here, the rest comes from the server.

import { sessionApi } from "../shared/api.js";
import { paint } from "../shared/chart/paint.js";
import { svg } from "../shared/chart/svg.js";
import { faceInk, light } from "../shared/chart/theme.js";
import { element, renew } from "../shared/elements.js";
import { faceName } from "../shared/text.js";
import { STRIP, plot } from "./plot.js";

const [WIDTH, HEIGHT, TOP, SCALE] = [1200, 480, 64, 2];

/** `content()`: what the chart shows now, {faces, stretches, show, range}. */
export function showDownloads(root, session, content) {
  const file = (label, what, hint) =>
    element("a", { className: "button", href: sessionApi(session.session, `/files/${what}`), download: "", data: { download: what }, title: hint }, label);
  const drawn = (label, form, make) =>
    element("button", { data: { download: form }, onclick: async () => save(await make(), `${session.session}.${form}`) }, label);
  const shapes = () => poster(session, content());
  const items = [
    file("CSV", "csv", "One line per face and frame"),
    file("JSON", "json", "Summary and samples"),
    file("Parquet", "parquet", "For pandas, Polars, R, Spark"),
  ];
  if (session.files.annotated) items.push(file(session.kind === "image" ? "Annotated image" : "Annotated video", "annotated", "With faces and values drawn in"));
  if (session.files.recording) items.push(file("Recording", "recording", "As it was uploaded"));
  if (session.kind !== "image" && session.faces.length) {
    items.push(
      drawn("Chart as PNG", "png", () => png(shapes())),
      drawn("Chart as SVG", "svg", () => new Blob([svg(shapes(), WIDTH, HEIGHT, `${session.name}: valence`)], { type: "image/svg+xml" })),
    );
  }
  renew(root, ...items);
}

/** The chart with title and legend, on white. */
function poster(session, { faces, stretches, show, range }) {
  const view = { from: range[0], to: range[1], width: WIDTH, height: HEIGHT, below: show.quality ? STRIP : 0, top: TOP };
  const shapes = plot({ view, faces, stretches, show, theme: light });
  shapes.push({ kind: "text", x: 46, y: 26, text: session.name, fill: light.ink, size: 17, anchor: "start", weight: 600 });
  let x = 46;
  for (const face of faces) {
    const { colour, dash } = faceInk(light, face.order);
    shapes.push({ kind: "path", d: `M${x} 44h22`, stroke: colour, width: 3, dash });
    shapes.push({ kind: "text", x: x + 30, y: 48, text: face.name, fill: light.ink, size: 13, anchor: "start" });
    x += 54 + face.name.length * 7.5;
  }
  return shapes;
}

function png(shapes) {
  const canvas = document.createElement("canvas");
  paint(canvas, shapes, WIDTH, HEIGHT, SCALE);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The faces of a summary as the chart wants them. */
export const chartFaces = (session, samples, visible) =>
  session.faces
    .map((face, order) => ({ id: face.face_id, order, name: faceName(face), series: samples.faces.get(face.face_id) }))
    .filter((face) => face.series && visible(face.id));
