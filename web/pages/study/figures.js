// What is to be read beside the curve: the whole, the moments, the segments, the exclusions.

import { element, renew } from "../shared/elements.js";
import { errorText, measureText } from "../shared/measures.js";
import { valenceWord } from "../shared/palette.js";
import { clock, count, percent } from "../shared/text.js";
import { certainty, limits, viewers } from "./words.js";

const quiet = (text) => element("p", { className: "quiet" }, text);

export function showFigures(root, { overall, method, measure, viewer_list: list }) {
  if (!overall.n) return renew(root, quiet(list.length ? "No viewer was seen for half of it." : "No viewers yet."));
  const felt = measure === "valence";
  const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", { className: "number" }, value));
  renew(
    root,
    element("p", { className: "big number" }, measureText(measure, overall.mean), felt ? element("span", { className: "quiet" }, valenceWord(overall.mean, method.neutral)) : ""),
    element(
      "dl",
      { className: "figures small" },
      fact("Viewers (n)", String(overall.n)),
      fact("95 % interval", limits(overall) || "needs 3 viewers"),
      fact("Spread", overall.spread === null ? "–" : overall.spread.toFixed(2)),
      ...(overall.error === null ? [] : [fact("Reading", errorText(overall.error))]),
      ...(felt ? [fact("Positive", percent(overall.share_positive)), fact("Negative", percent(overall.share_negative))] : []),
    ),
  );
}

/** The moments that are not mere chance, the most prominent ones, numbered in the order of time. */
export function marksOf(moments, most = 8, sure = 0.5) {
  return moments
    .filter((moment) => moment.confidence === null || moment.confidence >= sure)
    .sort((a, b) => b.prominence - a.prominence)
    .slice(0, most)
    .sort((a, b) => a.time - b.time)
    .map((moment, i) => ({ number: i + 1, moment }));
}

export function showMoments(root, marks, all, measure, seek) {
  if (!marks.length) return renew(root, quiet(all ? "No moment stands out from chance." : "No moment stands out."));
  const items = marks.map(({ number, moment }) => {
    const peak = moment.kind === "peak";
    const sure = moment.confidence === null ? "no confidence with so few viewers" : `confidence ${percent(moment.confidence)}`;
    return element(
      "li",
      {},
      element(
        "button",
        { className: "jump moment", data: { time: moment.time, kind: moment.kind }, onclick: () => seek(moment.time) },
        element("i", { className: `pin ${moment.kind}`, "aria-hidden": "true" }, String(number)),
        element("span", { className: "number" }, clock(moment.time)),
        element("span", {}, peak ? "Peak" : "Trough"),
        element("b", { className: "number" }, measureText(measure, moment.value)),
        element("span", { className: "quiet number details" }, `${certainty(moment)}, ${sure}`),
      ),
    );
  });
  const more = all - marks.length;
  renew(
    root,
    element("ul", { className: "plain-list jumps" }, ...items),
    more ? element("p", { className: "quiet small" }, `${count(more, "weaker moment")} in the JSON file.`) : "",
  );
}

export function showSegments(root, { segments, measure }, { seek, add, remove }) {
  const shares = (segment) => (measure === "valence" ? `, ${percent(segment.share_positive)} positive, ${percent(segment.share_negative)} negative` : "");
  const rows = segments.map((segment) =>
    element(
      "li",
      { className: "segment", data: { segment: segment.name } },
      element(
        "button",
        { className: "jump", onclick: () => seek(segment.start) },
        element("span", { className: "what" }, segment.name),
        element("b", { className: "number" }, segment.mean === null ? "–" : measureText(measure, segment.mean)),
        element(
          "span",
          { className: "quiet number details" },
          `${clock(segment.start, 1)}–${clock(segment.end, 1)}, ` +
            (segment.n ? certainty(segment) + shares(segment) : "n = 0"),
        ),
      ),
      element("button", { className: "plain", "aria-label": `Remove ${segment.name}`, data: { action: "remove-segment" }, onclick: () => remove(segment) }, "Remove"),
    ),
  );
  renew(
    root,
    rows.length ? element("ul", { className: "plain-list jumps" }, ...rows) : quiet("None. A segment is a part with a name, such as a product shot; it gets statistics of its own."),
    element("button", { className: "plain add", data: { action: "add-segment" }, onclick: () => add() }, "Add a segment…"),
  );
}

/** Who and what was left out, with counts, and by which rules. */
export function showCounting(root, { excluded, options, viewer_list: list, viewers: n }, change) {
  const share = (number) => `${number.toLocaleString()} of ${count(excluded.samples, "sample")}`;
  const rows = [
    ["Viewers", `${n} of ${list.length} counted`],
    ["Not during it", share(excluded.outside)],
    ["Quality", `${share(excluded.low_quality)} below ${options.min_quality}`],
    ["By hand", share(excluded.marked)],
    ["Coverage", `${viewers(excluded.low_coverage.length)} seen for less than ${percent(options.min_coverage)}`],
    ["Baseline", options.baseline ? `each viewer’s mean from ${options.baseline[0]} to ${options.baseline[1]} s is zero; ${viewers(excluded.no_baseline.length)} not seen then` : "none: valence as it is"],
  ];
  renew(
    root,
    element("dl", { className: "facts small" }, ...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
    element("button", { className: "plain add", data: { action: "counting" }, onclick: change }, "Change baseline and limits…"),
  );
}
