// What the user changes of a session: names, markers, exclusions, and its end.

import { api, sessionApi } from "../shared/api.js";
import { changes } from "../shared/change.js";
import { ask, askFields, askText, tell } from "../shared/dialog.js";
import { clock, faceName } from "../shared/text.js";

/** `session()` and `time()`: as they are now; `done()` after a change. */
export function edits({ session, time, done, announcer }) {
  const address = (rest = "") => sessionApi(session().session, rest);

  const change = changes({ done, announcer });
  const within = (seconds) => Math.min(Math.max(seconds, 0), session().duration_s);
  const faceChoice = () => ({
    name: "face", label: "For", value: "",
    options: [["", "Every face"], ...session().faces.map((face) => [String(face.face_id), faceName(face)])],
  });

  return {
    async rename() {
      const name = await askText({ title: "Rename session", label: "Name", value: session().name, required: true });
      if (name && name !== session().name) await change(address(), { method: "PATCH", body: { name } }, `Renamed to ${name}`);
    },

    async renameFace(face) {
      const name = await askText({ title: `Name face ${face.face_id}`, label: "Name (empty: its number)", value: face.name ?? "" });
      if (name === null || name === (face.name ?? "")) return;
      await change(address(), { method: "PATCH", body: { faces: { [face.face_id]: name.slice(0, 100) } } }, "Renamed");
    },

    async mark() {
      const start = time();
      const label = await askText({ title: `Marker at ${clock(start)}`, label: "What happens here", confirm: "Set marker" });
      if (label === null) return;
      await change(address("/stretches"), { method: "POST", body: { kind: "marker", start_s: start, label } }, "Marker set");
    },

    /** Asks for a stretch, with `from` and `to` filled in. */
    async exclude(from = time(), to = within(from + 1)) {
      const limits = { type: "number", min: 0, max: session().duration_s.toFixed(3), step: "any", required: true };
      const answer = await askFields({
        title: "Exclude a stretch",
        text: "It stays in the record, and is left out of statistics, peaks and troughs.",
        fields: [
          { name: "from", label: "From (seconds)", value: from.toFixed(3), ...limits },
          { name: "to", label: "To (seconds)", value: to.toFixed(3), ...limits },
          faceChoice(),
          { name: "label", label: "Why (optional)", value: "" },
        ],
        confirm: "Exclude",
      });
      if (!answer) return;
      const ends = [Number(answer.from), Number(answer.to)].sort((a, b) => a - b);
      const body = { kind: "excluded", start_s: ends[0], end_s: ends[1], label: answer.label, face_id: answer.face ? Number(answer.face) : null };
      await change(address("/stretches"), { method: "POST", body }, "Stretch excluded");
    },

    async remove(stretch) {
      await change(address(`/stretches/${stretch.key}`), { method: "DELETE" }, "Removed");
    },

    async removeSession() {
      const agreed = await ask({
        title: `Delete “${session().name}”?`,
        text: "Its numbers, its files and its recording are removed from the server for good.",
        confirm: "Delete",
        danger: true,
      });
      if (!agreed) return;
      try {
        await api(address(), { method: "DELETE" });
        location.href = "/sessions";
      } catch (error) {
        await tell({ title: "It was not deleted", text: error.message });
      }
    },
  };
}
