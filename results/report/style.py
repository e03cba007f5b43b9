"""The look of a report, and the few lines of script that read the curve out under the pointer."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark; --paper: #fff; --card: #fff; --ink: #1c2430; --soft: #5b6675;
  --line: #e3e7ec; --tint: #f5f7f9; --up: #1f6feb; --down: #c4540a; --band: rgb(31 111 235 / .18);
  --count: #b9c2cd; --shade: 0 1px 2px rgb(20 30 50 / .05); }
@media (prefers-color-scheme: dark) { :root { --paper: #12161c; --card: #191f27; --ink: #e8ecf1;
  --soft: #9aa7b6; --line: #2b3440; --tint: #202832; --up: #6ea8ff; --down: #f08b45;
  --band: rgb(110 168 255 / .22); --count: #45515f; --shade: none; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system,
  "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; overflow-wrap: break-word; }
main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; }
header p, footer { color: var(--soft); }
h1 { font-size: 32px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 23px; line-height: 1.25; margin: 52px 0 6px; letter-spacing: -.01em; }
h3 { font-size: 16px; margin: 0 0 2px; }
.kicker { margin: 0 0 6px; font-size: 13px; letter-spacing: .06em; text-transform: uppercase; }
.lead { font-size: 18px; max-width: 68ch; margin: 8px 0 20px; }
.note { color: var(--soft); font-size: 14px; margin: 0 0 14px; max-width: 78ch; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px;
  margin: 18px 0; box-shadow: var(--shade); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tile { background: var(--tint); border-radius: 10px; padding: 14px 16px; }
.tile b { display: block; font-size: 26px; line-height: 1.2; font-weight: 650;
  font-variant-numeric: tabular-nums; }
.tile span { display: block; color: var(--soft); font-size: 13px; line-height: 1.35; }
.up { color: var(--up); } .down { color: var(--down); }
.plot { position: relative; padding-left: 50px; margin: 6px 0 0; }
.canvas { position: relative; height: 300px; margin: 10px 0; }
.canvas.low { height: 150px; } .canvas.strip { height: 34px; }
.canvas svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.canvas svg * { vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); } .zero { stroke: var(--soft); }
.mean { fill: none; stroke: var(--up); stroke-width: 2.4; stroke-linejoin: round; stroke-linecap: round; }
.band { fill: var(--band); } .count { fill: var(--count); }
.positive { fill: var(--up); fill-opacity: .75; } .negative { fill: var(--down); fill-opacity: .75; }
.y { position: absolute; right: 100%; margin-right: 8px; transform: translateY(-50%); color: var(--soft);
  font-size: 12px; white-space: nowrap; font-variant-numeric: tabular-nums; }
.dot { position: absolute; width: 20px; height: 20px; margin: -10px; border-radius: 50%; color: #fff;
  font-size: 12px; line-height: 20px; text-align: center; box-shadow: 0 0 0 2px var(--card); }
.dot.peak { background: var(--up); } .dot.trough { background: var(--down); }
.canvas .peak { transform: translateY(-17px); } .canvas .trough { transform: translateY(17px); }
.canvas .peak::after, .canvas .trough::after { content: ""; position: absolute; left: 7px;
  border: 3px solid #0000; }
.canvas .peak::after { top: 20px; border-top-color: var(--up); }
.canvas .trough::after { bottom: 20px; border-bottom-color: var(--down); }
@media (prefers-color-scheme: dark) { .dot { color: #10151b; } }
.edge { position: absolute; top: 0; bottom: 0; border-left: 1px dashed var(--line); }
.segments { position: relative; height: 22px; margin-bottom: -4px; }
.segments span { position: absolute; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  font-size: 12px; line-height: 20px; padding: 0 6px; background: var(--tint); border-radius: 4px;
  border-right: 2px solid var(--card); }
.film { display: flex; height: 58px; overflow: hidden; border-radius: 4px; }
.film span { flex: 1 1 0; min-width: 0; background: var(--tint); border-right: 1px solid var(--card); }
.film img { display: block; width: 100%; height: 100%; object-fit: cover; }
.axis { position: relative; height: 22px; }
.axis span { position: absolute; transform: translateX(-50%); font-size: 12px; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.axis span:first-child { transform: none; }
.axis span.end { transform: translateX(-100%); }
.what { font-size: 12px; color: var(--soft); margin: 8px 0 -6px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft);
  margin: 2px 0 8px; }
.legend i { display: inline-block; width: 18px; height: 10px; margin-right: 6px; border-radius: 2px; }
.legend .l-mean { height: 3px; background: var(--up); vertical-align: middle; }
.legend .l-band { background: var(--band); } .legend .l-up { background: var(--up); }
.legend .l-down { background: var(--down); }
.hair { position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--soft); pointer-events: none; }
.hair output { position: absolute; top: 4px; left: 6px; background: var(--ink); color: var(--paper);
  font-size: 12px; line-height: 1.4; padding: 5px 8px; border-radius: 6px; white-space: pre; z-index: 1; }
.hair.flip output { left: auto; right: 6px; }
.moments { display: grid; grid-template-columns: repeat(auto-fill, minmax(215px, 1fr)); gap: 14px; }
.moment { border: 1px solid var(--line); border-radius: 10px; overflow: hidden; break-inside: avoid; }
.moment img { display: block; width: 100%; aspect-ratio: 16 / 9; object-fit: cover; background: var(--tint); }
.moment div { padding: 10px 14px 12px; font-size: 14px; position: relative; }
.moment .dot { position: static; display: inline-block; margin: 0 6px 0 0; }
.moment b.value { font-size: 20px; font-variant-numeric: tabular-nums; }
.moment p { margin: 0; color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line);
  padding: 6px 8px; white-space: nowrap; vertical-align: bottom; }
td b { font-weight: 600; }
td { text-align: right; padding: 6px 8px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 8ch; }
summary { cursor: pointer; font-weight: 600; }
dl { margin: 0; display: grid; grid-template-columns: max-content 1fr; gap: 8px 20px; font-size: 14px; }
dt { font-weight: 600; } dd { margin: 0; max-width: 76ch; }
footer { font-size: 13px; padding-top: 28px; padding-bottom: 48px; }
@media (max-width: 620px) {
  main, header, footer { padding-left: 14px; padding-right: 14px; }
  header { padding-top: 24px; } h1 { font-size: 26px; } h2 { margin-top: 40px; }
  .card { padding: 14px; } .tiles { grid-template-columns: 1fr 1fr; }
  .tile:last-child:nth-child(odd) { grid-column: 1 / -1; } .tile b { font-size: 22px; }
  .lead { font-size: 16px; } .plot { padding-left: 42px; } .canvas { height: 220px; }
  .film span:nth-child(even), .axis span:nth-child(even) { display: none; }
  .film { height: 44px; } dl { grid-template-columns: 1fr; gap: 2px; } dd { margin-bottom: 10px; }
  .moments { grid-template-columns: 1fr 1fr; } .moment div { padding: 8px 10px; }
}
@media print {
  @page { size: A4; margin: 14mm; }
  :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #1c2430; --soft: #5b6675; --line: #d9dee4;
    --tint: #f2f4f7; --up: #1f6feb; --down: #c4540a; --band: rgb(31 111 235 / .18); --count: #b9c2cd; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { font-size: 11pt; } main, header, footer { max-width: none; padding: 0; }
  .card, .tile, tr, dl > * { break-inside: avoid; } .card.long { break-inside: auto; }
  h2, h3, .lead, .tiles { break-after: avoid; } section + section:has(.tiles) { break-before: page; }
  section + section h2 { margin-top: 0; } .tiles { grid-template-columns: repeat(5, 1fr); gap: 8px; }
  .tile { padding: 10px; } .tile b { font-size: 19px; } .tile span { font-size: 11px; }
  .hair { display: none; } .canvas { height: 230px; }
  .card { box-shadow: none; } .scroll { overflow: visible; }
}
"""

SCRIPT = """
for (const plot of document.querySelectorAll("[data-curve]")) {
  const { rows, step } = JSON.parse(plot.querySelector("script").textContent);
  const canvas = plot.querySelector(".canvas");
  const hair = document.createElement("div");
  hair.className = "hair";
  hair.hidden = true;
  const said = hair.appendChild(document.createElement("output"));
  canvas.append(hair);
  const leave = () => { hair.hidden = true; };
  const move = (event) => {
    const area = canvas.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - area.left) / area.width, 0), 1);
    const index = Math.min(Math.round((share * Number(plot.dataset.curve)) / step), rows.length - 1);
    hair.hidden = false;
    hair.style.left = `${share * 100}%`;
    hair.classList.toggle("flip", share > 0.6);
    said.textContent = rows[index];
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerdown", move);
  canvas.addEventListener("pointerleave", leave);
}
"""
