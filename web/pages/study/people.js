// Who watched the stimulus, as a table: how far each was seen and read well, what of them is stored, and how to remove it.

import { sessionPage } from "../shared/api.js";
import { element, renew } from "../shared/elements.js";
import { valenceText } from "../shared/palette.js";
import { number, percent, when } from "../shared/text.js";

const PART = 50; // rows at a time
const COLUMNS = [
  { by: "viewer", name: "Viewer" },
  { by: "valence", name: "Valence" },
  { by: "coverage", name: "Seen" },
  { by: "quality", name: "Quality" },
  { by: "samples", name: "Samples" },
];

let order = { by: "viewer", down: false }; // stays while the page is drawn anew
let shown = PART;

/** `study`, `findings` as the server has them; `detach(viewing)`, `remove(viewer)`, `attach()`. */
export function showViewers(root, study, stimulus, findings, { detach, remove, attach }) {
  const lines = new Map(findings.viewer_list.map((line) => [line.viewer, line]));
  const consents = new Map(study.consents.map((one) => [one.viewer, one]));
  const viewings = study.viewings.filter((viewing) => viewing.stimulus === stimulus.id);
  const names = [...new Set(viewings.map((viewing) => viewing.viewer))];
  const people = names.map((viewer) => ({ ...lines.get(viewer), viewer, known: lines.has(viewer), own: viewings.filter((one) => one.viewer === viewer) }));
  const draw = () => {
    people.sort((a, b) => (order.down ? -1 : 1) * compared(a[order.by], b[order.by]) || compared(a.viewer, b.viewer));
    const rows = people.slice(0, shown).map((one) => row(one, consents.get(one.viewer), { detach, remove }));
    const more = element("button", { className: "plain add", data: { action: "more-viewers" }, onclick: () => ((shown += PART), draw()) }, `Show more of ${number(people.length)}`);
    renew(
      root,
      people.length ? table(rows, draw) : element("p", { className: "quiet" }, "Nobody yet."),
      people.length > shown ? more : null,
      element("button", { className: "plain add", data: { action: "attach" }, onclick: attach }, "Attach stored sessions…"),
    );
  };
  draw();
}

/** Names as people sort them, numbers by size; what is not known comes last either way up. */
function compared(a, b) {
  if (typeof a === "string") return a.localeCompare(b, undefined, { numeric: true });
  return (a ?? -Infinity) - (b ?? -Infinity);
}

function table(rows, draw) {
  const heads = COLUMNS.map(({ by, name }) => {
    const sort = () => {
      order = { by, down: order.by === by ? !order.down : by !== "viewer" };
      draw();
    };
    const head = element("th", { scope: "col", className: by === "viewer" ? "" : "right" }, element("button", { className: "plain", data: { sort: by }, onclick: sort }, name));
    if (by === order.by) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    return head;
  });
  const last = element("th", { scope: "col", className: "right" }, "Stored");
  return element("table", { className: "people" }, element("thead", {}, element("tr", {}, ...heads, last)), element("tbody", {}, ...rows));
}

function row({ viewer, own, known, valence, coverage, quality, samples, left_out }, consent, { detach, remove }) {
  const cell = (name, text) => element("td", { className: "right number", data: { name } }, text);
  const said = !known ? "being read" : left_out ? `left out: ${left_out}` : "";
  const sessions = own.map((viewing) =>
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
    "tr",
    { className: "person", data: { viewer } },
    element(
      "th",
      { scope: "row" },
      element("span", { className: "what", title: viewer }, viewer),
      said ? element("span", { className: `small ${left_out ? "out" : "quiet"}` }, said) : null,
      consent?.text
        ? element("details", { className: "consent" }, element("summary", {}, `Agreed ${when(consent.time)}`), ...consent.text.split("\n\n").map((text) => element("p", {}, text)))
        : null,
    ),
    cell("Valence", valence === null || !known ? "–" : valenceText(valence)),
    cell("Seen", known ? percent(coverage) : "–"),
    cell("Quality", known && quality !== null ? quality.toFixed(2) : "–"),
    cell("Samples", known ? number(samples) : "–"),
    element(
      "td",
      { className: "small person-actions" },
      ...sessions,
      element("button", { className: "plain", "aria-label": `Delete ${viewer}`, title: `Delete everything of ${viewer}`, data: { action: "delete-viewer" }, onclick: () => remove(viewer) }, "Delete"),
    ),
  );
}
