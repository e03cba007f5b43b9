// The session's head line, and how it came about.

import { element, renew } from "../shared/elements.js";
import { clock, count, length, number, percent, sentence, when } from "../shared/text.js";

const find = (id) => document.getElementById(id);

export function showHead(session) {
  find("name").textContent = session.name;
  document.title = `${session.name} · Valence Detector`;
  const still = session.kind === "image";
  const facts = [
    session.input,
    when(session.created),
    still ? "image" : length(session.duration_s),
    still ? "" : `${count(session.frames, "frame")}, ${session.frames ? percent(session.frames_with_faces / session.frames) : "0 %"} with faces`,
    count(session.faces.length, "face"),
  ];
  find("facts").textContent = facts.filter(Boolean).join(" · ");
  const notices = {
    running: "This session is still running; the page follows it.",
    interrupted: "This session was interrupted. What had been stored until then is kept.",
    failed: sentence(`This session failed: ${session.error ?? "no reason is known"}`),
  };
  const lines = [notices[session.state], ...happened(session.events).slice(0, 5)].filter(Boolean);
  find("notice").hidden = !lines.length;
  find("notice").replaceChildren(...lines.map((line) => element("p", {}, line)));
}

/** What happened, in sentences; a pause with its beginning and end. */
function happened(events) {
  const lines = [];
  events.forEach((event, i) => {
    if (event.kind === "resume") return; // told with its pause
    const resumed = event.kind === "pause" && events.slice(i + 1).find((later) => later.kind === "resume");
    if (resumed) lines.push(`Paused from ${clock(event.time_s, 0)} to ${clock(resumed.time_s, 0)}.`);
    else lines.push(sentence(event.text));
  });
  return lines;
}

export function showAbout(root, session) {
  const facts = {
    Session: element("code", {}, session.session),
    Model: `${session.model.name} (${[session.settings.precision, session.model.sha256.slice(0, 12)].filter(Boolean).join(", ")})`,
    Device: session.device,
    Detector: session.settings.detector,
    Smoothing: "smoothing" in session.settings ? `${session.settings.smoothing} s` : null,
    "Lost faces": "keep" in session.settings ? `known again for ${session.settings.keep} s` : null,
    Consent: session.settings.consent && `${session.settings.consent.text} (${when(session.settings.consent.time)})`,
    Excluded: session.samples === session.included.samples ? "" : `${number(session.samples - session.included.samples)} of ${count(session.samples, "sample")}`,
    Version: session.version,
  };
  renew(
    root,
    ...Object.entries(facts)
      .filter(([, value]) => value)
      .map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}
