// The session page: joins the recording, the chart and the lists, and keeps them on one moment.

import { Announcer } from "../shared/announce.js";
import { api, sessionApi } from "../shared/api.js";
import { Chart } from "../shared/chart/chart.js";
import { choosesByFinger } from "../shared/chart/finger.js";
import { dark, faceInk, onTheme, theme } from "../shared/chart/theme.js";
import { ERROR, offer } from "../shared/measures.js";
import { valenceText } from "../shared/palette.js";
import { Stage } from "../shared/player/stage.js";
import { clock, faceName } from "../shared/text.js";
import { showAbout, showHead } from "./about.js";
import { chartFaces, showDownloads } from "./downloads.js";
import { edits } from "./edits.js";
import { Faces } from "./faces.js";
import { listen } from "./keys.js";
import { showMoments, showStretches } from "./lists.js";
import { open } from "./media.js";
import { Overlay } from "./overlay.js";
import { people } from "./people.js";
import { STRIP, plot } from "./plot.js";
import { Samples } from "./track.js";

const AGAIN = 2000; // ms between looks at a session that still runs
const WHOLE = 10; // looks after which all about it is asked for again
const id = decodeURIComponent(location.pathname.split("/").pop());
const find = (name) => document.getElementById(name);
const action = (name) => document.querySelector(`[data-action="${name}"]`);
const announcer = new Announcer(find("announce"));
const MANY = 3; // faces from which on bands of their errors would hide each other
const show = { smoothed: true, raw: false, quality: false, error: null, beside: "" };

let session;
let looks = 0;
let samples = new Samples({ time_s: [], frame: [], face_id: [] });
let media;
let overlay;
const chart = new Chart(find("chart"), { plot, seek, choose: (from, to) => edit.exclude(from, to) });
choosesByFinger(chart, find("chart").closest(".card").querySelector('[data-action="stretch"]'));
const faces = new Faces(find("faces"), {
  toggle: refresh, rename: (face) => edit.renameFace(face),
  merge: (face) => media && who.merge(face), split: (face) => media && who.split(face), undo: () => media && who.undo(),
});
const stage = new Stage(find("stage"), find("screen"), find("screen-note"));
const edit = edits({ session: () => session, time: () => media.player.time, done: reload, announcer });
const who = people({ session: () => session, time: () => media.player.time, done: reloadAll, announcer });

/** How a face is shown: {name, short (where there is little room), colour, bright (on a picture), visible}. */
function look(faceId) {
  const order = session.faces.findIndex((face) => face.face_id === faceId);
  const face = session.faces[order];
  return {
    name: face ? faceName(face) : `Face ${faceId}`,
    short: face?.name || String(faceId),
    colour: faceInk(theme(), Math.max(0, order)).colour,
    bright: faceInk(dark, Math.max(0, order)).colour,
    visible: !faces.hidden.has(faceId),
  };
}

/** Take what the server says of the session, and show everything but the recording. */
function refresh() {
  showHead(session);
  offerMeasures();
  action("delete").hidden = session.state === "running"; // the server refuses
  const included = new Map(session.included.faces.map((face) => [face.face_id, face]));
  const told = JSON.stringify([show.beside, session.faces, session.included, session.face_edits, session.state]);
  if (refresh.faces !== told) {
    refresh.faces = told;
    faces.show(session, included, show.beside);
  }
  showMoments(find("moments"), session.moments, look, seek);
  showStretches(find("stretches"), session.stretches, look, seek, edit.remove);
  showDownloads(find("downloads"), session, () => ({ ...chart.content, range: chart.range }));
  showAbout(find("about"), session);
  const shown = samples.length ? chartFaces(session, samples, (face) => look(face).visible) : preview(session);
  showChart(shown, session.stretches, session.duration_s);
  find("chart").setAttribute("aria-valuemax", session.duration_s.toFixed(3));
  find("of").textContent = `of ${clock(session.duration_s)}`;
  if (media) frame(media.player.time);
}

/** What may be drawn beside valence, where the session's network says more. */
function offerMeasures() {
  offer(find("beside"), find("beside-choice"), samples.measures, "Valence alone");
  const known = Boolean(samples.columns[ERROR]);
  find("error-choice").hidden = !known;
  if (known && show.error === null) show.error = find("error").checked = session.faces.length < MANY;
}

function showChart(shown, stretches, duration) {
  const points = shown.reduce((sum, face) => sum + face.series.time.length, 0);
  chart.show({ faces: shown, stretches, show, points, view: { below: show.quality ? STRIP : 0 } }, duration);
}

/** The small curve that comes with the session, until the samples are here. */
function preview({ curve, duration_s: duration }) {
  const known = curve.map((value, part) => [((part + 0.5) / curve.length) * duration, value]).filter(([, value]) => value !== null);
  const series = { time: known.map(([time]) => time), smoothed: known.map(([, value]) => value), raw: [], quality: [], beside: {}, gap: Math.max(0.5, (1.5 * duration) / (curve.length || 1)) };
  return [{ id: 0, order: 6, name: "", series: { ...series, raw: series.smoothed, quality: series.smoothed.map(() => NaN) } }];
}

/** A frame is on the screen. */
function frame(time) {
  const now = samples.at(time);
  chart.at(time);
  overlay?.draw(now, look);
  faces.now(now);
  find("now").textContent = clock(time);
  if (!media.player.playing || Math.abs(time - frame.told) > 1) {
    frame.told = time;
    const values = now.map((sample) => `${look(sample.face_id).name} ${valenceText(sample.smoothed)}`);
    const root = find("chart");
    root.setAttribute("aria-valuenow", time.toFixed(3));
    root.setAttribute("aria-valuetext", [`${time.toFixed(2)} seconds`, ...(values.length ? values : ["no face"])].join(", "));
  }
}
frame.told = -Infinity;

function seek(time) {
  media?.player.seek(time);
}

function moment(direction) {
  const times = session.moments.filter((one) => look(one.face_id).visible).map((one) => one.time_s);
  const now = media.player.time;
  const next = direction > 0 ? times.find((time) => time > now + 1e-3) : times.findLast((time) => time < now - 1e-3);
  if (next !== undefined) seek(next);
}

function play() {
  if (session.kind === "image") return;
  if (media.player.playing) media.player.pause();
  else media.player.play();
}

async function reload() {
  session = await api(sessionApi(id));
  refresh();
}

/** After a change of who is who, samples are others', too. */
async function reloadAll() {
  const [whole, { samples: columns }] = await Promise.all([api(sessionApi(id)), api(sessionApi(id, "/samples"))]);
  session = whole;
  samples = new Samples(columns);
  refresh();
}

async function running() {
  try {
    // What is new; all about it only now and then, for the server reads all its samples for that.
    const after = samples.length ? `?after_frame=${samples.columns.frame.at(-1)}` : "";
    samples = samples.with((await api(sessionApi(id, `/samples${after}`))).samples);
    looks += 1;
    if (looks % WHOLE === 0 || samples.ids.length !== session.faces.length) {
      await reload();
    } else {
      const { state, duration_s } = await api(sessionApi(id, "/outline"));
      Object.assign(session, { state, duration_s });
      refresh();
    }
    Object.assign(media.player, { duration: session.duration_s, times: samples.frameTimes() });
  } catch {
    // the next look may succeed
  }
  if (session.state === "running") setTimeout(running, AGAIN);
  else location.reload();
}

async function begin() {
  try {
    // First what comes at once, however long the session is; the rest would hold it up.
    const outline = await api(sessionApi(id, "/outline"));
    document.body.classList.toggle("still", outline.kind === "image");
    find("name").textContent = outline.name;
    showChart(preview(outline), [], outline.duration_s);
    const [whole, { samples: columns }] = await Promise.all([api(sessionApi(id)), api(sessionApi(id, "/samples"))]);
    session = whole;
    samples = new Samples(columns);
    refresh();
    media = await open(session, samples.frameTimes());
  } catch (error) {
    find("trouble").hidden = false;
    find("trouble").textContent = error.message;
    return;
  }
  if (media.element) {
    if (!media.drawn) overlay = new Overlay(media.size);
    stage.show(media, overlay, play);
  }
  media.player.onframe = frame;
  media.player.onstate = () => {
    action("play").textContent = media.player.playing ? "Pause" : "Play";
    frame(media.player.time);
  };
  frame(media.player.time);
  document.body.dataset.ready = "true";
  if (session.state === "running") setTimeout(running, AGAIN);
}

for (const name of ["smoothed", "raw", "quality", "error"]) {
  find(name).addEventListener("change", (event) => {
    show[name] = event.target.checked;
    chart.root.classList.toggle("tall", show.quality);
    chart.show({ view: { below: show.quality ? STRIP : 0 } });
  });
}
find("beside").addEventListener("change", (event) => {
  show.beside = event.target.value;
  refresh();
});
find("speed").addEventListener("change", (event) => (media.player.rate = Number(event.target.value)));
const step = (frames) => media?.player.step(frames);
const jump = (seconds) => seek((media?.player.time ?? 0) + seconds);
const buttons = {
  play, back: () => step(-1), forward: () => step(1), mark: () => edit.mark(), exclude: () => edit.exclude(),
  "zoom-in": () => chart.zoom(0.5), "zoom-out": () => chart.zoom(2), "zoom-all": () => chart.all(),
  rename: () => edit.rename(), delete: () => edit.removeSession(),
};
for (const [name, act] of Object.entries(buttons)) action(name).addEventListener("click", () => media && act());
listen({
  play: () => media && play(), step, jump, moment: (direction) => media && moment(direction),
  seekStart: () => seek(0), seekEnd: () => seek(session?.duration_s ?? 0),
  mark: () => media && edit.mark(), exclude: () => media && edit.exclude(),
  zoom: (factor) => chart.zoom(factor), all: () => chart.all(),
});
onTheme(() => {
  refresh.faces = "";
  refresh();
});
begin();
