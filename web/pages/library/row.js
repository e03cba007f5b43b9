// One session as a row of the library.

import { sessionPage } from "../shared/api.js";
import { element } from "../shared/elements.js";
import { valenceText, valenceWord } from "../shared/palette.js";
import { count, length, when } from "../shared/text.js";
import { thumbnail } from "../shared/thumbnail.js";

export function row(session, { rename, remove }) {
  const cell = (className, ...content) => element("td", { className }, ...content);
  const action = (name, label, act) =>
    element("button", { className: "plain", data: { action: name }, "aria-label": `${label} ${session.name}`, onclick: () => act(session) }, label);
  const faces = session.faces === null ? "" : count(session.faces, "face");
  const facts = [session.kind === "image" ? "" : length(session.duration_s), faces].filter(Boolean).map((fact) => ` · ${fact}`).join("");
  const made = when(session.created);
  const mean = session.valence_mean;
  const watched = session.kind === "live" && session.state === "running";
  return element(
    "tr",
    { data: { session: session.session } },
    cell("pick", element("input", { type: "checkbox", "aria-label": `Choose ${session.name}` })),
    cell("curve", session.curve.length ? thumbnail(session.curve, session.duration_s) : element("span", { className: "small quiet" }, session.kind === "image" ? "Image" : "–")),
    cell(
      "title",
      element("a", { href: sessionPage(session.session), title: session.name }, session.name),
      element("span", { className: "small quiet", title: session.input }, session.input),
      session.tags.length ? element("span", { className: "tags" }, ...session.tags.map((tag) => element("span", { className: "tag small" }, tag))) : null,
      element("span", { className: "small quiet facts" }, made, element("span", {}, facts)),
    ),
    cell("made quiet small", made),
    cell("length right number", session.kind === "image" ? "Image" : length(session.duration_s)),
    cell("faces right number", session.faces === null ? "–" : String(session.faces)),
    mean === null
      ? cell("mean right quiet", "–")
      : cell("mean right number", valenceText(mean), element("span", { className: "small quiet" }, valenceWord(mean))),
    cell("status", element("span", { className: `state-word ${session.state}` }, session.state)),
    cell("actions", watched ? element("a", { href: `/live/${encodeURIComponent(session.session)}`, "aria-label": `Watch ${session.name}` }, "Watch") : null, action("rename", "Rename", rename), session.state === "running" ? null : action("delete", "Delete", remove)),
  );
}
