// What the user changes of a study: its words, how viewers count, segments, who belongs to it, and its end.

import { changes } from "../shared/change.js";
import { ask, askFields, tell } from "../shared/dialog.js";
import { count } from "../shared/text.js";
import { addStimulus } from "./adding.js";
import { stimulusApi, studyApi } from "./address.js";
import { attachSessions, attachedWords } from "./attach.js";
import { confirmDeletion } from "./deletion.js";

/** `study()`, `stimulus()`, `findings()`, `time()`: as they are now; `done()` after a change. */
export function edits({ study, stimulus, findings, time, done, announcer }) {
  const address = (rest = "") => studyApi(study().study, rest);
  const below = (rest = "") => stimulusApi(study().study, stimulus().id, rest);

  const change = changes({ done, announcer });

  return {
    async words() {
      const { name, notes, consent_text: consent } = study();
      const answer = await askFields({
        title: "Edit study",
        text: study().links.links.some((link) => link.open) ? "Another name closes the study’s links." : [],
        fields: [
          { name: "name", label: "Name", value: name, required: true },
          { name: "notes", label: "Notes, printed at the head of the report", value: notes, maxLength: 4000, rows: 3 },
          { name: "consent", label: "What viewers are told before they agree", value: consent, maxLength: 4000, rows: 6, placeholder: "The notice and what is stored are always added" },
        ],
      });
      if (!answer) return;
      await change(address(), { method: "PATCH", body: { name: answer.name, notes: answer.notes, consent_text: answer.consent } }, "Changed");
    },

    async counting() {
      const { options } = findings();
      const duration = stimulus().duration_s;
      const limits = { type: "number", min: 0, max: 1, step: "any", required: true };
      const seconds = { type: "number", step: "any" };
      const answer = await askFields({
        title: "Who and what counts",
        text: "It applies to all stimuli of this study. Leave the baseline empty for valence as it is.",
        fields: [
          { name: "from", label: "Baseline from (seconds of the stimulus)", value: options.baseline?.[0] ?? "", ...seconds },
          { name: "to", label: `Baseline to (of ${duration.toFixed(1)} s)`, value: options.baseline?.[1] ?? "", ...seconds },
          { name: "quality", label: "Least quality of a sample (0 to 1)", value: options.min_quality, ...limits },
          { name: "coverage", label: "Least share of the stimulus that a viewer is seen for (0 to 1)", value: options.min_coverage, ...limits },
        ],
      });
      if (!answer) return;
      const ends = [answer.from, answer.to];
      const baseline = ends.every((end) => end === "") ? null : ends.map(Number);
      const body = { options: { baseline, min_quality: Number(answer.quality), min_coverage: Number(answer.coverage) } };
      await change(address(), { method: "PATCH", body }, "Changed");
    },

    /** Asks for a segment, with `from` and `to` filled in. */
    async segment(from = time(), to = Math.min(from + 2, stimulus().duration_s)) {
      const limits = { type: "number", min: 0, max: stimulus().duration_s, step: "any", required: true };
      const answer = await askFields({
        title: "Name a segment",
        fields: [
          { name: "name", label: "Name", value: "", required: true },
          { name: "from", label: "From (seconds)", value: from.toFixed(2), ...limits },
          { name: "to", label: "To (seconds)", value: to.toFixed(2), ...limits },
        ],
        confirm: "Add",
      });
      if (!answer) return;
      const [start, end] = [Number(answer.from), Number(answer.to)].sort((a, b) => a - b);
      await change(below("/segments"), { method: "POST", body: { name: answer.name, start_s: start, end_s: end } }, `Segment ${answer.name} added`);
    },

    async removeSegment(segment) {
      await change(below(`/segments?name=${encodeURIComponent(segment.name)}`), { method: "DELETE" }, `Segment ${segment.name} removed`);
    },

    async addStimulus() {
      try {
        const id = await addStimulus(study());
        if (id === null) return;
        location.hash = `#${encodeURIComponent(id)}`;
        announcer.say("Added");
      } catch (error) {
        await tell({ title: "It was not added", text: error.message });
      }
    },

    async removeStimulus() {
      const { name, viewings } = stimulus();
      const agreed = await ask({
        title: `Remove “${name}” from the study?`,
        text: `Its uploaded video and its segments are removed for good. ${viewings ? `The ${count(viewings, "session")} of those who watched it stay in the library.` : ""}`,
        confirm: "Remove",
        danger: true,
      });
      if (agreed) await change(below(), { method: "DELETE" }, `${name} is removed`);
    },

    async attach() {
      let outcome;
      try {
        outcome = await attachSessions(study(), stimulus());
      } catch (error) {
        await tell({ title: "Sessions could not be listed", text: error.message });
      }
      if (!outcome) return;
      await done();
      if (outcome.failed.length) await tell({ title: "Not all could be attached", text: [`${count(outcome.attached, "session")} attached.`, ...outcome.failed] });
      else announcer.say(attachedWords(outcome));
    },

    async detach(viewing) {
      await change(address(`/viewings/${viewing.key}`), { method: "DELETE" }, "Detached; the session is still in the library");
    },

    async removeViewer(viewer) {
      const agreed = await ask({
        title: `Delete everything of “${viewer}”?`,
        text: "Their consent, and the sessions that show them with all numbers and files, are removed for good.",
        confirm: "Delete",
        danger: true,
      });
      if (agreed) await change(address(`/viewers/${encodeURIComponent(viewer)}`), { method: "DELETE" }, `${viewer} is deleted`);
    },

    async invite() {
      const any = study().links.links.some((link) => link.open && link.stimulus === stimulus().id);
      const answer = any
        ? await askFields({
            title: "Another link",
            text: "Each link can be closed by itself.",
            fields: [
              { name: "note", label: "Whom it is for (only you see this)", value: "" },
              { name: "days", label: "Open for how many days (empty: until you close it)", value: "", type: "number", min: 0.01, max: 3650, step: "any" },
            ],
            confirm: "Make a link",
          })
        : { note: "", days: "" };
      if (!answer) return;
      const body = { stimulus: stimulus().id, note: answer.note, days: answer.days === "" ? null : Number(answer.days) };
      await change(address("/links"), { method: "POST", body }, "The link is made");
    },

    async closeLink(link) {
      const agreed = await ask({
        title: "Close this link?",
        text: "It lets nobody in any more, and who takes part by it just now is stopped; what was recorded until then is kept.",
        confirm: "Close it",
        danger: true,
      });
      if (agreed) await change(address(`/links/${link.key}`), { method: "DELETE" }, "The link is closed");
    },

    async removeStudy() {
      if (await confirmDeletion(study(), address())) location.href = "/studies";
    },
  };
}
