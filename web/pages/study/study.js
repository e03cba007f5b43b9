// The study page: joins the stimulus, its audience's curve and the lists, and follows viewers who come.

import { Announcer } from "../shared/announce.js";
import { api } from "../shared/api.js";
import { Chart } from "../shared/chart/chart.js";
import { choosesByFinger } from "../shared/chart/finger.js";
import { element, renew } from "../shared/elements.js";
import { listenKeys } from "../shared/keys.js";
import { measureName, measureText, offer } from "../shared/measures.js";
import { Stage } from "../shared/player/stage.js";
import { Timer } from "../shared/player/timer.js";
import { Video } from "../shared/player/video.js";
import { clock, count, when } from "../shared/text.js";
import { stimulusApi, studyApi } from "./address.js";
import { Compare } from "./compare.js";
import { edits } from "./edits.js";
import { marksOf, showCounting, showFigures, showMoments, showSegments } from "./figures.js";
import { showInvitation } from "./invite.js";
import { showViewers } from "./people.js";
import { belowOf, limitOf, plot } from "./plot.js";
import { Strip } from "./strip.js";
import { caution, certainty, reading, viewers } from "./words.js";

const LOOK = 2000; // ms between looks at who has come
const GROW = 4000; // ms between new curves while somebody takes part, and at least
const REST = 10; // times as long as the server took for the latest one
const id = decodeURIComponent(location.pathname.split("/").pop());
const find = (name) => document.getElementById(name);
const action = (name) => document.querySelector(`[data-action="${name}"]`);
const announcer = new Announcer(find("announce"));

let study;
let stimulus = null; // of the study, the one that is shown
let findings = null;
let player = null;
let marks = [];
let playerOf = null; // the id of the player's stimulus
let turns = 0; // looks at the server so far; an answer to any but the latest is void
let told = ""; // what the findings that are shown were made of
let stale = true; // something was changed from here since
let due = 0; // performance.now() at which the next ones may be asked for, if nothing but time has changed
let pulse = ""; // what the server said when it was last looked at
const chart = new Chart(find("chart"), { plot, seek: (time) => seek(time), choose: (from, to) => edit.segment(from, to) });
const stage = new Stage(find("stage"), find("screen"), find("screen-note"));
const compare = new Compare(find("compare"));
const strip = new Strip(find("strip"), chart);
choosesByFinger(chart, action("stretch"));
const edit = edits({
  study: () => study, stimulus: () => stimulus, findings: () => findings, time: () => player?.time ?? 0,
  done: () => load(true), announcer,
});

/** Take what the server says of the study, and of the stimulus that is shown if that may have changed; `anew`: it has. */
async function load(anew = false) {
  stale ||= anew;
  const turn = ++turns;
  const latest = await api(studyApi(id));
  if (turn !== turns) return; // a later look is under way, and knows better
  study = latest;
  showHead();
  const wanted = decodeURIComponent(location.hash.slice(1));
  const shown = study.stimuli.find((one) => one.id === wanted) ?? study.stimuli[0] ?? null;
  find("found").hidden = !shown;
  find("empty").hidden = Boolean(shown);
  if (!shown) {
    find("empty").replaceChildren(element("p", {}, "Nothing is watched in this study yet: add a video, or the name and duration of something that is shown elsewhere."));
    stimulus = null;
    return showStimuli();
  }
  stimulus = shown;
  showStimuli();
  showInvitation(find("invite"), study, stimulus, { invite: edit.invite, close: edit.closeLink });
  const signature = JSON.stringify([shown, study.viewings, study.options, find("measure").value]);
  if (stale || signature !== told || performance.now() > due) await aggregate(turn, signature);
}

async function aggregate(turn, signature) {
  const of = stimulus;
  const began = performance.now();
  const found = await api(stimulusApi(id, of.id, `/findings${asked()}`));
  if (turn !== turns) return;
  const before = findings;
  findings = found;
  told = signature;
  stale = false;
  due = performance.now() + Math.max(GROW, REST * (performance.now() - began));
  show();
  await showEach();
  if (playerOf !== of.id) await openStimulus();
  else if (before && before.viewers !== findings.viewers) announcer.say(`The curve is now that of ${viewers(findings.viewers)}`);
  document.body.dataset.ready = stimulus.id;
  compare.show(study, findings.options.step);
}

/** The curves of single viewers, where they are wanted. */
async function showEach() {
  const [of, wanted] = [findings, find("each").checked && findings.viewers > 0];
  const found = wanted ? await api(stimulusApi(id, stimulus.id, `/traces${asked()}`)) : { viewers: [], of: 0 };
  if (of !== findings) return;
  const traces = found.viewers.map((viewer) => viewer.values);
  const limit = limitOf(findings.curve, traces);
  chart.show({ traces, view: { limit, below: belowOf(findings.measure === "valence") } });
  if (traces.length < found.of) announcer.say(`${traces.length} of ${found.of} viewers are shown`);
}

/** What is asked for instead of valence, as the end of an address. */
const asked = () => (find("measure").value ? `?measure=${find("measure").value}` : "");

function showHead() {
  find("name").textContent = study.name;
  document.title = `${study.name} · Valence Detector`;
  const kept = study.keep_media ? "videos of viewers are kept" : "no pictures of viewers are kept";
  const seen = study.allow_spectators ? "you may look on" : "nobody looks on";
  find("facts").textContent = [viewers(study.viewers), count(study.stimuli.length, "stimulus", "stimuli"), when(study.created), ...(study.where === "browser" ? ["analysed in viewers’ own browsers: no pictures come here"] : [kept, seen])].join(" · ");
  find("notes").hidden = !study.notes;
  find("notes").textContent = study.notes;
}

function showStimuli() {
  const root = find("stimuli");
  const made = JSON.stringify([study.stimuli.map((one) => [one.id, one.name, one.viewings]), stimulus?.id]);
  if (root.dataset.made === made) return;
  root.dataset.made = made;
  renew(
    root,
    ...study.stimuli.map((one) =>
      element("a", { className: "tab", href: `#${encodeURIComponent(one.id)}`, data: { stimulus: one.id }, ...(one.id === stimulus?.id ? { "aria-current": "true" } : {}) }, one.name, element("span", { className: "quiet small number" }, ` ${count(one.viewings, "viewing")}`)),
    ),
    element("span", { className: "grow" }),
    element("button", { className: "plain", data: { action: "add-stimulus" }, onclick: () => edit.addStimulus() }, "Add a stimulus…"),
    stimulus ? element("button", { className: "plain", data: { action: "remove-stimulus" }, onclick: () => edit.removeStimulus() }, "Remove this one…") : "",
  );
}

function show() {
  const { curve, segments, moments, options, measure } = findings;
  const shares = measure === "valence";
  offer(find("measure"), find("measure-choice"), findings.measures, "Valence");
  find("chart-title").textContent = shares ? "How the audience looked" : measureName(measure);
  marks = marksOf(moments);
  const points = curve.mean.filter((value) => value !== null).length;
  find("each-choice").hidden = !points;
  strip.show(stimulus.video ? stimulusApi(id, stimulus.id, "/strip.jpg") : null);
  chart.show({ curve, segments, marks, step: options.step, points, shares, view: { limit: limitOf(curve), below: belowOf(shares) } }, stimulus.duration_s);
  find("says").textContent = caution(findings);
  find("reading").textContent = points ? reading(limitOf(curve), options.baseline) : "";
  const key = (kind, text) => element("span", {}, element("i", { className: kind }), text);
  find("legend").replaceChildren(...(points ? [key("mean", "mean"), ...(curve.low.some((value) => value !== null) ? [key("band", "95 % band")] : []), ...(curve.error?.some((value) => value !== null) ? [key("error", "± error of reading")] : [])] : []));
  showFigures(find("figures"), findings);
  showMoments(find("moments"), marks, moments.length, measure, seek);
  showSegments(find("segments"), findings, { seek, add: () => edit.segment(), remove: edit.removeSegment });
  showViewers(find("viewers"), study, stimulus, findings, { detach: edit.detach, remove: edit.removeViewer, attach: edit.attach });
  showCounting(find("counting"), findings, edit.counting);
  showDownloads();
  find("chart").setAttribute("aria-valuemax", stimulus.duration_s.toFixed(3));
  find("of").textContent = `of ${clock(stimulus.duration_s)}`;
  if (player) frame(player.time);
}

function showDownloads() {
  const any = study.viewings.length > 0;
  const file = (label, what, address, title) => element("a", { className: "button", href: address, download: "", data: { download: what }, title }, label);
  renew(
    find("downloads"),
    ...(any
      ? [
          file("Report", "html", studyApi(id, "/report.html"), "One page with all stimuli, to read, print and send"),
          file("Curve as CSV", "csv", stimulusApi(id, stimulus.id, `/findings.csv${asked()}`), "One line per moment of this stimulus"),
          file("JSON", "json", studyApi(id, "/report.json"), "All figures of all stimuli"),
        ]
      : [element("p", { className: "quiet" }, "They come with the first viewer.")]),
  );
}

async function openStimulus() {
  player?.pause();
  player = null;
  playerOf = stimulus.id;
  stage.section.hidden = true;
  find("screen").replaceChildren();
  const of = stimulus;
  let video = null;
  let note = "";
  if (of.video) {
    try {
      video = await Video.open(of.video, await api(`${of.video}/frames`));
      if (!video) note = "This browser cannot play the video’s format, and neither will the viewers’: the curve is complete all the same.";
    } catch (error) {
      note = error.message;
    }
  }
  if (of.id !== stimulus.id) return;
  player = video ?? new Timer(of.duration_s, findings.curve.time_s);
  if (video) stage.show({ element: video.element, size: video.size, note: "" }, null, play);
  find("trouble").hidden = !note;
  find("trouble").textContent = note;
  player.onframe = frame;
  player.onstate = () => {
    action("play").textContent = player.playing ? "Pause" : "Play";
    frame(player.time);
  };
  player.onstate();
}

/** The stimulus is at `time`. */
function frame(time) {
  chart.at(time);
  find("now").textContent = clock(time);
  const { curve, options } = findings;
  const i = Math.min(Math.round(time / options.step), curve.time_s.length - 1);
  const said = curve.n[i] ? `${measureText(findings.measure, curve.mean[i])}, ${certainty({ low: curve.low[i], high: curve.high[i], n: curve.n[i] })}` : "nobody seen, n = 0";
  find("at").textContent = said;
  if (player.playing && Math.abs(time - frame.told) < 1) return;
  frame.told = time;
  find("chart").setAttribute("aria-valuenow", time.toFixed(3));
  find("chart").setAttribute("aria-valuetext", `${time.toFixed(2)} seconds, ${said}`);
}
frame.told = -Infinity;

const seek = (time) => player?.seek(Math.min(Math.max(time, 0), stimulus.duration_s));
const move = (steps) => seek(player.time + steps * findings.options.step);

function play() {
  if (player?.playing) player.pause();
  else player?.play();
}

function moment(direction) {
  const times = marks.map((mark) => mark.moment.time);
  const next = direction > 0 ? times.find((time) => time > player.time + 0.05) : times.findLast((time) => time < player.time - 0.05);
  if (next !== undefined) seek(next);
}

/** Look again and again, while the page is seen. */
async function follow() {
  if (!document.hidden && !document.querySelector("dialog[open]")) {
    try {
      const { taking_part: here, shown, content } = await api(studyApi(id, "/pulse"));
      const now = JSON.stringify([here, shown, content]);
      const grows = Object.keys(here).length > 0 && performance.now() > due;
      if (now !== pulse || grows) await load(now !== pulse);
      pulse = now;
      trouble("");
    } catch (error) {
      if (error.status === 404) return trouble(error.message);
      trouble(error.message);
    }
  }
  setTimeout(follow, LOOK);
}

function trouble(text) {
  if (!text && !trouble.told) return;
  trouble.told = text;
  find("trouble").hidden = !text;
  find("trouble").textContent = text;
}
trouble.told = "";

const buttons = {
  play, "zoom-in": () => chart.zoom(0.5), "zoom-out": () => chart.zoom(2), "zoom-all": () => chart.all(),
  edit: () => edit.words(), delete: () => edit.removeStudy(),
};
for (const [name, act] of Object.entries(buttons)) action(name).addEventListener("click", () => study && act());
listenKeys({
  " ": play,
  ArrowLeft: (event) => player && move(event.shiftKey ? -4 : -1),
  ArrowRight: (event) => player && move(event.shiftKey ? 4 : 1),
  ArrowUp: () => player && moment(-1),
  ArrowDown: () => player && moment(1),
  Home: () => seek(0),
  End: () => seek(stimulus?.duration_s ?? 0),
  "+": () => chart.zoom(0.5),
  "=": () => chart.zoom(0.5),
  "-": () => chart.zoom(2),
  0: () => chart.all(),
});
find("each").addEventListener("change", () => showEach().catch((error) => trouble(error.message)));
find("measure").addEventListener("change", () => load(true).catch((error) => trouble(error.message)));
addEventListener("hashchange", () => load().catch((error) => trouble(error.message)));
load()
  .catch((error) => trouble(error.message))
  .then(() => setTimeout(follow, LOOK));
