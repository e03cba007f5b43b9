// Two stimuli side by side: how much more positive the one was than the other, with a band on the difference.

import { api } from "../shared/api.js";
import { Chart } from "../shared/chart/chart.js";
import { element } from "../shared/elements.js";
import { valenceText } from "../shared/palette.js";
import { clock } from "../shared/text.js";
import { stimulusApi, studyApi } from "./address.js";
import { limitOf, plotBoth, plotDifference } from "./plot.js";
import { limits } from "./words.js";

export class Compare {
  constructor(section) {
    this.section = section;
    this.tools = section.querySelector("#compare-tools");
    this.says = section.querySelector("#compare-says");
    this.chart = new Chart(section.querySelector("#compare-chart"), { plot: plotDifference, seek: () => {}, choose: () => {} });
    this.both = new Chart(section.querySelector("#compare-both"), { plot: plotBoth, seek: (time) => this.#point(time), choose: () => {} });
    this.now = section.querySelector("#compare-now");
    this.both.root.addEventListener("pointermove", ({ offsetX }) => this.both.scale && this.#point(this.both.scale.time(offsetX)));
    this.pair = [];
  }

  /** Say what both are at `time`. */
  #point(time) {
    const { curves, names, step } = this.shown;
    const at = Math.min(Math.max(time, 0), this.both.duration);
    this.both.at(at);
    const said = curves.map(({ mean }, i) => {
      const value = mean[Math.min(Math.round(at / step), mean.length - 1)];
      return element("span", {}, element("i", { className: `swatch of-${"ab"[i]}` }), `${names[i]} `, element("b", {}, (value ?? null) === null ? "–" : valenceText(value)));
    });
    this.now.replaceChildren(element("span", {}, clock(at)), ...said);
  }

  /** Show the comparison of `study`'s stimuli; with one alone there is none. `step`: seconds between moments. */
  async show(study, step) {
    this.section.hidden = study.stimuli.length < 2;
    if (this.section.hidden) return;
    const known = study.stimuli.map((stimulus) => stimulus.id);
    if (!this.pair.every((id) => known.includes(id)) || !this.pair.length) this.pair = known.slice(0, 2);
    const choice = (which, label) => {
      const select = element("select", { "aria-label": label, data: { compare: "ab"[which] } }, ...study.stimuli.map(({ id, name }) => element("option", { value: id, selected: id === this.pair[which] }, name)));
      select.onchange = () => {
        this.pair[which] = select.value;
        this.#load(study, step);
      };
      return select;
    };
    if (this.tools.dataset.of !== JSON.stringify(known)) {
      this.tools.dataset.of = JSON.stringify(known);
      this.tools.replaceChildren(choice(0, "This stimulus"), element("span", { className: "quiet" }, "minus"), choice(1, "that stimulus"));
    }
    await this.#load(study, step);
  }

  async #load(study, step) {
    const [a, b] = this.pair;
    const names = this.pair.map((id) => study.stimuli.find((stimulus) => stimulus.id === id).name);
    const asked = (this.asked = `${a}\n${b}`);
    let found = null;
    let both = null;
    const unseen = study.stimuli.find((stimulus) => this.pair.includes(stimulus.id) && !stimulus.viewings);
    let text = unseen ? `${unseen.name} has no viewers yet.` : "Choose two different stimuli.";
    if (a !== b && !unseen) {
      try {
        found = await api(studyApi(study.study, `/comparison?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`));
        text = words(found, names);
        both = await Promise.all(this.pair.map((id) => api(stimulusApi(study.study, id, "/findings"))));
      } catch (error) {
        text = error.message;
      }
    }
    if (asked !== this.asked) return;
    this.says.textContent = text;
    for (const part of [this.chart.root, this.both.root, this.now, this.section.querySelector("#compare-less")]) part.hidden = !both;
    if (!both) return;
    const curves = both.map((one) => one.curve);
    this.shown = { curves, names, step };
    const longest = Math.max(...both.map((one) => one.stimulus.duration_s));
    this.both.show({ curves, step, points: curves[0].time_s.length, view: { limit: Math.max(...curves.map((one) => limitOf(one))) } }, longest);
    this.both.canvas.setAttribute("aria-label", `How the audiences of ${names.join(" and ")} looked over time, over each other.`);
    this.#point(Math.min(this.both.time, longest));
    const curve = { ...found.curve, mean: found.curve.difference };
    const end = curve.time_s.at(-1);
    this.chart.show({ curve, step, points: curve.time_s.length, view: { limit: limitOf(curve) } }, end);
    this.chart.canvas.setAttribute("aria-label", `Difference of ${names.join(" and ")} over time. ${text}`);
  }
}

function words({ overall, paired, curve }, [a, b]) {
  if (overall.difference === null) return `${a} and ${b} have no viewers who saw enough of both to compare.`;
  const who = paired ? `${overall.n_a} viewers who saw both, each compared with themselves` : `${overall.n_a} and ${overall.n_b} viewers, group with group`;
  const sure = overall.low === null ? "too few viewers for an interval" : `95 % interval ${limits(overall)}`;
  const verdict =
    overall.low === null ? "" : overall.low > 0 ? ` ${a} was the more positive one.` : overall.high < 0 ? ` ${b} was the more positive one.` : " The interval holds zero: no clear difference overall.";
  const band = curve.low.every((value) => value === null) ? " No band is shown: it needs three viewers of each." : "";
  return `${a} minus ${b}: ${valenceText(overall.difference)} overall (${sure}; n: ${who}).${verdict}${band}`;
}
