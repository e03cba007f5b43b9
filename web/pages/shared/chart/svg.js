// Shapes (see paint.js) as an SVG file that stands alone.

const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

export function svg(shapes, width, height, title) {
  const clips = [];
  const body = shapes.map((shape) => write(shape, clips)).join("\n");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif">\n<title>${escape(title)}</title>\n` +
    `<defs>${clips.join("")}</defs>\n${body}\n</svg>\n`
  );
}

function write(shape, clips) {
  const opacity = shape.opacity === undefined || shape.opacity === 1 ? "" : ` opacity="${shape.opacity}"`;
  if (shape.kind === "rect") {
    return `<rect x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${shape.height}" fill="${shape.fill}"${opacity}/>`;
  }
  if (shape.kind === "path") {
    const dash = shape.dash ? ` stroke-dasharray="${shape.dash}"` : "";
    const stroke = shape.stroke ? ` stroke="${shape.stroke}" stroke-width="${shape.width}" stroke-linejoin="round" stroke-linecap="round"` : "";
    return `<path d="${shape.d}" fill="${shape.fill ?? "none"}"${stroke}${dash}${opacity}/>`;
  }
  if (shape.kind === "text") {
    const weight = shape.weight ? ` font-weight="${shape.weight}"` : "";
    return `<text x="${shape.x}" y="${shape.y}" font-size="${shape.size}" text-anchor="${shape.anchor}" fill="${shape.fill}"${weight}>${escape(shape.text)}</text>`;
  }
  const id = `clip${clips.length}`;
  clips.push(`<clipPath id="${id}"><rect x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${shape.height}"/></clipPath>`);
  return `<g clip-path="url(#${id})">\n${shape.shapes.map((inner) => write(inner, clips)).join("\n")}\n</g>`;
}
