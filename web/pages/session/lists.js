// What the user can jump to: peaks and troughs, markers and excluded stretches.

import { element, renew } from "../shared/elements.js";
import { valenceText } from "../shared/palette.js";
import { clock } from "../shared/text.js";

const BEST = 12; // moments that are listed until all are asked for

/** `moments`: as the server tells them, those that stand out most; `face(id)`: {name, colour, visible}; `seek(time)`. */
export function showMoments(root, moments, face, seek) {
  const visible = moments.filter((moment) => face(moment.face_id).visible);
  if (!visible.length) {
    renew(root, element("p", { className: "quiet" }, "No moment stands out."));
    return;
  }
  const all = root.dataset.all === "true";
  const least = visible.map((moment) => moment.prominence).sort((a, b) => b - a)[BEST - 1] ?? 0;
  const best = all ? visible : visible.filter((moment) => moment.prominence >= least);
  const items = best.map((moment) => {
    const { name, colour } = face(moment.face_id);
    const swatch = element("i", { className: "swatch" });
    swatch.style.background = colour;
    const peak = moment.kind === "peak";
    return element(
      "li",
      {},
      element(
        "button",
        { className: "jump", data: { time: moment.time_s, frame: moment.frame, kind: moment.kind }, onclick: () => seek(moment.time_s) },
        swatch,
        element("span", { className: "number" }, clock(moment.time_s)),
        element("span", {}, element("span", { "aria-hidden": "true" }, peak ? "▲ " : "▼ "), peak ? "Peak" : "Trough"),
        element("b", { className: "number" }, valenceText(moment.value)),
        element("span", { className: "quiet name" }, name),
      ),
    );
  });
  const more = element("button", { className: "plain add", data: { action: "all-moments" } }, `Show all ${visible.length}`);
  more.onclick = () => {
    root.dataset.all = "true";
    showMoments(root, moments, face, seek);
    root.querySelector(".jump").focus();
  };
  renew(root, element("ul", { className: "plain-list jumps" }, ...items), best.length < visible.length ? more : "");
}

/** `stretches`: as the server tells them; `remove(stretch)`. */
export function showStretches(root, stretches, face, seek, remove) {
  if (!stretches.length) {
    renew(
      root,
      element("p", { className: "quiet" }, "None. A marker names a moment; an excluded stretch is left out of statistics, peaks and troughs."),
    );
    return;
  }
  const items = stretches.map((stretch) => {
    const excluded = stretch.kind === "excluded";
    const ends = stretch.end_s > stretch.start_s ? `${clock(stretch.start_s)}–${clock(stretch.end_s)}` : clock(stretch.start_s);
    const what = excluded ? "Excluded" : "Marker";
    const said = [stretch.label, stretch.face_id === null ? "" : face(stretch.face_id).name].filter(Boolean).join(" · ");
    return element(
      "li",
      { data: { stretch: stretch.key, kind: stretch.kind } },
      element(
        "button",
        { className: "jump", onclick: () => seek(stretch.start_s) },
        element("span", { className: "number" }, ends),
        element("span", { className: said && !excluded ? "quiet" : "" }, what),
        element("span", { className: excluded ? "quiet name" : "name" }, said),
      ),
      element("button", { className: "plain", data: { action: "remove" }, "aria-label": `Remove ${what.toLowerCase()} at ${ends}`, onclick: () => remove(stretch) }, "Remove"),
    );
  });
  renew(root, element("ul", { className: "plain-list jumps" }, ...items));
}
