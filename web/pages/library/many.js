// What is done with several sessions at once: download, add to a study, tag.

import { api, detail, sessionApi } from "../shared/api.js";
import { askFields, tell } from "../shared/dialog.js";
import { element } from "../shared/elements.js";
import { count } from "../shared/text.js";

/** One zip with the numbers of all. Throws an Error with a sentence. */
export async function download(sessions) {
  const response = await fetch("/api/sessions/archive", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sessions: sessions.map((session) => session.session) }),
  });
  if (!response.ok) throw new Error(detail(await response.text()) || `The server answered ${response.status}.`);
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition"))[1];
  const address = URL.createObjectURL(await response.blob());
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Ask for a study's stimulus and put the sessions on it. What became of them as a sentence, or "". */
export async function attach(sessions) {
  const studies = (await api("/api/studies")).filter((study) => study.stimuli.length);
  if (!studies.length) {
    await tell({ title: "There is no study yet", text: "Make one under Studies and add a stimulus to it." });
    return "";
  }
  const options = studies.flatMap((study) =>
    study.stimuli.map((stimulus) => [`${study.study}/stimuli/${stimulus.id}`, `${study.name}: ${stimulus.name}`]),
  );
  const answer = await askFields({
    title: `Add ${count(sessions.length, "session")} to a study`,
    fields: [
      { name: "stimulus", label: "What was watched", value: options[0][0], options },
      { name: "offset", label: "It begins at this second of each recording", value: "0", type: "number", step: "any" },
    ],
    confirm: "Add",
  });
  if (!answer) return "";
  const failed = [];
  for (const { session, name } of sessions) {
    try {
      const body = { session, offset_s: Number(answer.offset) || 0 };
      await api(`/api/studies/${answer.stimulus}/viewings`, { method: "POST", body });
    } catch (error) {
      failed.push(`${name}: ${error.message}`);
    }
  }
  if (failed.length) await tell({ title: `${count(failed.length, "session")} could not be added`, text: failed.slice(0, 20) });
  return `${count(sessions.length - failed.length, "session")} added`;
}

/** Ask for the tags that all have, and give all of them those; others that some have stay. Whether anything changed. */
export async function tag(sessions) {
  const shared = sessions[0].tags.filter((one) => sessions.every((session) => session.tags.includes(one)));
  const label = `${sessions.length === 1 ? "Tags" : "Tags that all of them have"}, with commas between them`;
  const answer = await askFields({
    title: `Tag ${count(sessions.length, "session")}`,
    fields: [{ name: "tags", label, value: shared.join(", ") }],
  });
  if (!answer) return false;
  const wanted = answer.tags.split(",").map((one) => one.trim()).filter(Boolean);
  try {
    for (const session of sessions) {
      const tags = [...session.tags.filter((one) => !shared.includes(one)), ...wanted];
      Object.assign(session, await api(sessionApi(session.session), { method: "PATCH", body: { tags } }));
    }
  } catch (error) {
    await tell({ title: "They were not all tagged", text: error.message });
  }
  return true;
}
