// Those who were seen: how they count, their consent, and their removal.

import { sessionPage } from "../shared/api.js";
import { element, renew } from "../shared/elements.js";
import { valenceText } from "../shared/palette.js";
import { count, percent, when } from "../shared/text.js";

/** `study`, `findings` as the server has them; `detach(viewing)`, `remove(viewer)`, `attach()`. */
export function showViewers(root, study, stimulus, findings, { detach, remove, attach }) {
  const lines = new Map(findings.viewer_list.map((line) => [line.viewer, line]));
  const consents = new Map(study.consents.map((one) => [one.viewer, one]));
  const viewings = study.viewings.filter((viewing) => viewing.stimulus === stimulus.id);
  const names = [...new Set(viewings.map((viewing) => viewing.viewer))];
  const items = names.map((viewer) => card(viewer, lines.get(viewer), consents.get(viewer), viewings.filter((one) => one.viewer === viewer), { detach, remove }));
  renew(
    root,
    names.length ? element("ul", { className: "plain-list people" }, ...items) : element("p", { className: "quiet" }, "Nobody yet."),
    element("button", { className: "plain add", data: { action: "attach" }, onclick: attach }, "Attach stored sessions…"),
  );
}

function card(viewer, line, consent, viewings, { detach, remove }) {
  const facts = !line
    ? "being read"
    : line.left_out
      ? `left out: ${line.left_out}`
      : `${percent(line.coverage)} of it seen, quality ${line.quality.toFixed(2)}, ${count(line.samples, "sample")}`;
  const agreed = consent?.text
    ? element("details", { className: "consent" }, element("summary", {}, `Agreed ${when(consent.time)}`), ...consent.text.split("\n\n").map((text) => element("p", {}, text)))
    : null;
  const sessions = viewings.map((viewing) =>
    element(
      "span",
      { className: "session-link" },
      element("a", { href: sessionPage(viewing.session) }, "session"),
      viewing.offset_s ? ` from ${viewing.offset_s} s` : "",
      " ",
      element("button", { className: "plain", "aria-label": `Detach a session of ${viewer}`, data: { action: "detach", viewing: viewing.key }, onclick: () => detach(viewing) }, "Detach"),
    ),
  );
  return element(
    "li",
    { className: "person", data: { viewer } },
    element(
      "div",
      { className: "person-head" },
      element("span", { className: "what", title: viewer }, viewer),
      element("b", { className: "number" }, line?.valence === null || !line ? "–" : valenceText(line.valence)),
    ),
    element("p", { className: `small ${line?.left_out ? "out" : "quiet"}` }, facts),
    agreed,
    element(
      "div",
      { className: "small person-actions" },
      ...sessions,
      element("button", { className: "plain", "aria-label": `Delete ${viewer}`, data: { action: "delete-viewer" }, onclick: () => remove(viewer) }, "Delete viewer"),
    ),
  );
}
