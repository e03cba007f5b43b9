// The list of faces: shown or not, their names, their value now, and what the session says of each.

import { element, renew } from "../shared/elements.js";
import { errorText, measureName, measureText } from "../shared/measures.js";
import { valenceText } from "../shared/palette.js";
import { clock, faceName, number, percent } from "../shared/text.js";
import { faceInk, theme } from "../shared/chart/theme.js";
import { editText } from "./people.js";

export class Faces {
  /** `toggle(id, visible)`, `rename(face)`, `merge(face)`, `split(face)` and `undo()`: what the user asks for. */
  constructor(root, asked) {
    this.root = root;
    this.asked = asked;
    this.hidden = new Set();
    this.values = new Map();
  }

  /** `included`: the statistics without excluded stretches, by id; `beside`: what is shown beside valence, or "". */
  show({ faces, kind, state, face_edits: edits }, included, beside) {
    this.values.clear();
    const can = { merge: state !== "running" && kind !== "image" && faces.length > 1, split: state !== "running" && kind !== "image" };
    if (!faces.length) {
      renew(this.root, element("p", { className: "quiet" }, "No face was found."));
      return;
    }
    renew(
      this.root,
      element("ul", { className: "plain-list" }, ...faces.map((face, order) => this.#card(face, order, included.get(face.face_id), kind, can, beside))),
      ...(edits.length && state !== "running" ? [this.#latest(edits.at(-1), faces)] : []),
    );
  }

  /** Write down the values of the frame on the screen. */
  now(samples) {
    const found = new Map(samples.map((sample) => [sample.face_id, sample]));
    for (const [id, { value, item }] of this.values) {
      const sample = found.get(id);
      const text = sample ? valenceText(sample.smoothed) : "–";
      if (value.textContent !== text) value.textContent = text;
      item.dataset.valence = sample ? sample.smoothed : "";
    }
  }

  /** The latest merge or split, and the way back. */
  #latest(edit, faces) {
    const name = (id) => faceName(faces.find((face) => face.face_id === id) ?? { face_id: id });
    return element(
      "p",
      { className: "latest small" },
      element("span", { className: "quiet" }, editText(edit, name)),
      element("button", { className: "plain", data: { action: "undo-faces" }, onclick: () => this.asked.undo() }, "Undo"),
    );
  }

  #card(face, order, kept, kind, can, beside) {
    const name = faceName(face);
    const id = face.face_id;
    const box = element("input", { type: "checkbox", checked: !this.hidden.has(id), "aria-label": `Show ${name}` });
    box.onchange = () => {
      if (box.checked) this.hidden.delete(id);
      else this.hidden.add(id);
      this.asked.toggle(id, box.checked);
    };
    const swatch = element("i", { className: "swatch" });
    swatch.style.background = faceInk(theme(), order).colour;
    const value = element("b", { className: "number", title: "Smoothed valence at this moment" }, "–");
    const button = (act, label, what) =>
      element("button", { className: "plain", data: { action: `${act}-face` }, "aria-label": what, onclick: () => this.asked[act](face) }, label);
    const rename = button("rename", "Rename", `Rename ${name}`);
    const more = [
      can.merge && button("merge", "Merge…", `Merge other faces into ${name}`),
      can.split && button("split", "Split…", `Split ${name} at a moment`),
    ].filter(Boolean);
    const item = element(
      "li",
      { className: "face", data: { faceId: id } },
      element("div", { className: "face-head" }, element("label", { className: "check" }, box, swatch, element("span", {}, name)), rename, value),
      face.still ? element("p", { className: "still quiet small", title: "Its place in the picture never changed" }, "Never moved: a picture or a poster, perhaps") : null,
      kept ? statistics(kept, face, kind, beside) : element("p", { className: "quiet small" }, "Excluded altogether."),
      more.length ? element("div", { className: "face-more small" }, ...more) : null,
    );
    this.values.set(id, { value, item });
    return item;
  }
}

/** `kept`: without what is excluded; `whole`: with it. */
function statistics(kept, whole, kind, beside) {
  const error = kept.valence_error === null ? [] : [["Error", errorText(kept.valence_error)]];
  const facts =
    kind === "image"
      ? [["Valence", valenceText(kept.valence_mean)], ...error, ["Quality", kept.quality_mean.toFixed(2)], ...told(kept.outputs)]
      : [
          ["Mean", valenceText(kept.valence_mean)],
          ...error,
          ["Lowest", valenceText(kept.valence_min)],
          ["Highest", valenceText(kept.valence_max)],
          ["Samples", kept.samples === whole.samples ? number(kept.samples) : `${number(kept.samples)} of ${number(whole.samples)}`],
          ["Positive", percent(kept.share_positive)],
          ["Negative", percent(kept.share_negative)],
          ["Quality", kept.quality_mean.toFixed(2)],
          ...(beside in kept.outputs ? [[measureName(beside), measureText(beside, kept.outputs[beside])]] : []),
          ["Seen", `${clock(whole.first_s, 0)}–${clock(whole.last_s, 0)}`],
        ];
  return element(
    "dl",
    { className: "statistics small" },
    ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", { className: "number" }, value))),
  );
}

/** What the network says of a picture beside valence: of the expressions those that matter. */
function told(outputs) {
  return Object.entries(outputs)
    .filter(([column, value]) => column === "arousal" || value >= 0.1)
    .map(([column, value]) => [measureName(column), measureText(column, value)]);
}
