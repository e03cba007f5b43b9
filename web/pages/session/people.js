// Faces that are one person after all, or two: merged, split, and put back as they were.

import { sessionApi } from "../shared/api.js";
import { changes } from "../shared/change.js";
import { askFields, open } from "../shared/dialog.js";
import { element } from "../shared/elements.js";
import { clock, count, faceName } from "../shared/text.js";

/** `session()` and `time()`: as they are now; `done()` after a change. */
export function people({ session, time, done, announcer }) {
  const address = (rest) => sessionApi(session().session, `/faces/${rest}`);
  const change = changes({ done, announcer });

  return {
    /** Asks which faces are the same person as `face`. */
    async merge(face) {
      const others = session().faces.filter((other) => other.face_id !== face.face_id);
      const boxes = others.map((other) => element("input", { type: "checkbox", value: String(other.face_id) }));
      const choices = others.map((other, i) =>
        element("label", { className: "check" }, boxes[i], element("span", {}, faceName(other)), element("span", { className: "quiet small number" }, `${clock(other.first_s, 0)}–${clock(other.last_s, 0)}`)),
      );
      const text = `Which are the same person as ${faceName(face)}? They become ${faceName(face)}, with their markers and exclusions. You can undo it.`;
      const agreed = await open(`Merge into ${faceName(face)}`, [element("p", {}, text), element("div", { className: "choices" }, ...choices)], "Merge");
      const chosen = boxes.filter((box) => box.checked).map((box) => Number(box.value));
      if (!agreed || !chosen.length) return;
      await change(address("merge"), { method: "POST", body: { faces: [face.face_id, ...chosen] } }, `${count(chosen.length, "face")} merged into ${faceName(face)}`);
    },

    /** Asks from when on `face` is somebody else. */
    async split(face) {
      const now = Math.min(Math.max(time(), face.first_s), face.last_s);
      const answer = await askFields({
        title: `Split ${faceName(face)}`,
        text: "From this moment on it is a new face. The earlier part keeps the name and its place in studies. You can undo it.",
        // Down, not to the nearest: the frame that is shown belongs to the new face.
        fields: [{ name: "at", label: "From (seconds)", value: (Math.floor(now * 1000) / 1000).toFixed(3), type: "number", min: 0, max: session().duration_s.toFixed(3), step: "any", required: true }],
        confirm: "Split",
      });
      if (!answer) return;
      await change(address(`${face.face_id}/split`), { method: "POST", body: { at_s: Number(answer.at) } }, `${faceName(face)} split`);
    },

    async undo() {
      await change(address("undo"), { method: "POST" }, "Undone");
    },
  };
}

/** What was done to faces, in words; `name(id)`: how a face is called now. */
export function editText({ edit, of: [first, ...others], at_s: at }, name) {
  if (edit === "split") return `${name(first)} split at ${clock(at)}`;
  return `${others.map((id) => `Face ${id}`).join(", ")} merged into ${name(first)}`;
}
