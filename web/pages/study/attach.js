// Choosing stored sessions and putting them on a stimulus.

import { allSessions, api } from "../shared/api.js";
import { open } from "../shared/dialog.js";
import { element } from "../shared/elements.js";
import { count, length } from "../shared/text.js";
import { stimulusApi } from "./address.js";

const SHOWN = 200; // sessions in the list; the search finds the others

/** Asks, and attaches what was chosen. Returns {attached, failed: [sentence]}, or null where the user turns back. */
export async function attachSessions(study, stimulus) {
  const there = new Set(study.viewings.filter((viewing) => viewing.stimulus === stimulus.id).map((viewing) => viewing.session));
  const sessions = (await allSessions()).filter((session) => !there.has(session.session) && session.kind !== "image");
  const chosen = new Set();
  const list = element("ul", { className: "plain-list choice", tabIndex: -1 });
  const offset = element("input", { type: "number", step: "any", value: 0, required: true });
  const says = element("p", { className: "small quiet", role: "status" });
  const discard = element("input", { type: "checkbox", checked: false });
  const search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search sessions", autocomplete: "off" });

  const fill = () => {
    const words = search.value.toLowerCase();
    const fitting = sessions.filter((session) => `${session.name} ${session.input}`.toLowerCase().includes(words));
    list.replaceChildren(
      ...fitting.slice(0, SHOWN).map((session) => {
        const box = element("input", { type: "checkbox", checked: chosen.has(session), value: session.session });
        box.onchange = () => {
          if (box.checked) chosen.add(session);
          else chosen.delete(session);
          tell();
        };
        return element("li", {}, element("label", { className: "check" }, box, element("span", { className: "what" }, session.name), element("span", { className: "quiet small number" }, length(session.duration_s))));
      }),
    );
    if (!fitting.length) list.replaceChildren(element("li", { className: "quiet" }, sessions.length ? "No session fits." : "There is no session that is not attached yet."));
  };
  const tell = () => {
    const begins = Number(offset.value) || 0;
    const [first, ...others] = [...chosen].map((session) => covered(session, stimulus, begins)).sort((a, b) => a - b);
    says.textContent =
      first === undefined
        ? ""
        : first <= 0
          ? `${others.length ? "At least one session" : "The session"} does not overlap the stimulus at all: it would be left out.`
          : `${others.length ? "Each covers at least" : "It covers"} ${length(first)} of the stimulus’s ${length(stimulus.duration_s)}.`;
  };
  search.oninput = fill;
  offset.oninput = tell;
  fill();
  const pictures = study.keep_media
    ? []
    : [element("label", { className: "check" }, discard, "Delete their recordings and annotated videos: this study keeps no pictures of viewers")];
  const agreed = await open(
    `Attach sessions to “${stimulus.name}”`,
    [search, list, element("label", { className: "field" }, "The stimulus begins at this second of the recording", offset), says, ...pictures],
    "Attach",
  );
  if (!agreed) return null;
  const outcome = { attached: 0, failed: [] };
  for (const session of chosen) {
    try {
      const body = { session: session.session, offset_s: Number(offset.value), discard_media: discard.checked };
      await api(stimulusApi(study.study, stimulus.id, "/viewings"), { method: "POST", body });
      outcome.attached++;
    } catch (error) {
      outcome.failed.push(`${session.name}: ${error.message}`);
    }
  }
  return outcome;
}

/** Seconds of the stimulus that a session covers which it begins at the second `offset` of. */
const covered = (session, stimulus, offset) => Math.min(session.duration_s - offset, stimulus.duration_s) - Math.max(0, -offset);

export const attachedWords = ({ attached, failed }) =>
  failed.length ? `${count(attached, "session")} attached. ${failed.join(" ")}` : `${count(attached, "session")} attached`;
