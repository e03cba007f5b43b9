// A participant, from their consent to the thanks; then the next one. Their link is all that they may ask for.
//
//   consent → opening → check → playing ⇄ paused → done → consent        consent → declined
//   check, playing, paused → lost → paused                               any of them → removed

import { CameraError, listCameras, openCamera } from "../shared/camera/camera.js";
import { wallClock } from "../shared/camera/clock.js";
import { Connection, OfferError } from "../shared/camera/connection.js";
import { Pace } from "../shared/camera/pace.js";
import { CameraStage } from "../shared/camera/stage.js";
import { Announcer } from "../shared/announce.js";
import { api } from "../shared/api.js";
import { ask } from "../shared/dialog.js";
import { Device, EdgeConnection } from "../edge/connection.js";
import { listenKeys } from "../shared/keys.js";
import { FaceCheck } from "./check.js";
import { Report } from "./report.js";
import { SessionClock } from "./session_clock.js";
import { tone } from "./sound.js";
import { openStimulus } from "./stimulus.js";
import { View } from "./view.js";

const RETRIES = [500, 1000, 2000, 3000, 5000, 5000, 5000]; // ms between tries to reach the server again
const LATE = 1500; // ms that the last frames may take to be read
const PLAY_ANYWAY = 12000; // ms after which a face that stays hard to see no longer holds anybody up

const GONE = {
  title: "Nothing is kept under your name",
  text: ["The server knows nothing of you by this page: you were removed before, or the study was. If you watched and want to be sure, ask whoever invited you."],
};

const $ = (selector) => document.querySelector(selector);
const link = location.pathname.replace(/\/$/, ""); // /t/<token>
const stage = new CameraStage($("#camera"), $("#overlay"));
stage.mirrored = true;
stage.overlay.values = false; // who knows how they look changes how they look
const view = new View($(".take-part"), new Announcer($("#announce")));
const device = $("#device");
const button = Object.fromEntries(["play", "stop", "sound", "wide"].map((name) => [name, $(`[data-action="${name}"]`)]));

let invitation;
let stimulus;
let analysis = null; // the promise of what analyses here, where the study has the viewer's own browser do it
let here = null; // {camera, connection, clock, report, check, viewing, person, since} of who is here now

async function invite() {
  try {
    invitation = await api(`${link}/invitation`);
    document.title = `${invitation.stimulus} · Watch and react`;
    stimulus ??= await openStimulus(invitation);
  } catch (error) {
    return view.tell("failed", { title: "There is nothing to watch here", text: [error.message] }, [["Try again", invite]]);
  }
  if (!stimulus) {
    const text = ["This browser cannot play the video’s format. Nothing was recorded; please tell whoever invited you."];
    return view.tell("failed", { title: "The video cannot be shown", text });
  }
  stimulus.onend = done;
  stimulus.listen(() => here?.report?.look());
  $("#screen").replaceChildren(stimulus.element);
  $("#screen").style.setProperty("--ratio", stimulus.ratio);
  if (!window.isSecureContext) return view.camera("insecure");
  if (invitation.where === "browser") prepare();
  view.tell("consent", { title: `You are invited to watch “${invitation.stimulus}”`, text: invitation.consent.split("\n\n") }, [
    ["I agree and take part", agree],
    ["I do not take part", decline],
  ]);
}

/** Load what analyses here while the words are read. */
function prepare() {
  analysis ??= Device.open((share) => view.state === "opening" && view.say(`Loading the analysis: ${Math.round(100 * share)} %`));
  const mine = analysis;
  mine.catch(() => (analysis = null)); // the next try loads it again
  return mine;
}

function decline() {
  const text = ["Nothing was recorded: no picture, no number, no sign that you were here. You can close this page."];
  view.tell("declined", { title: "You do not take part", text }, [["Read it again", invite]]);
}

async function agree() {
  const mine = (here = { consent: invitation.consent });
  view.tell("opening", { title: "Opening the camera…", text: ["The browser may ask for permission."] });
  stimulus.rewind();
  try {
    mine.camera = await openCamera(device.value);
    if (mine !== here) return release(mine);
    listCameras(device, mine.camera.getVideoTracks()[0].getSettings().deviceId);
    await stage.show(mine.camera);
    await connect(mine);
    if (mine !== here) return release(mine);
    check();
  } catch (error) {
    if (mine !== here) return;
    leave();
    if (error instanceof CameraError) view.camera(error.kind, agree);
    else if (error instanceof OfferError && error.status === 409) {
      view.tell("failed", { title: "The words to agree to have changed", text: [error.message] }, [["Read them", invite]]);
    } else if (error instanceof OfferError && error.status === 412) {
      view.tell("failed", { title: "This page has changed", text: [error.message] }, [["Load it again", () => location.reload()]]);
    } else if (error instanceof OfferError) {
      view.tell("failed", { title: "The server did not begin", text: [error.message] }, [["Try again", agree]]);
    } else throw error;
  }
}

async function connect(mine) {
  const viewing = (rest = "") => (answer) => `${link}/viewings/${answer.viewing}${rest}`;
  const door = { settings: `${link}/settings`, offer: `${link}/viewings`, alive: viewing(), numbers: viewing("/numbers") };
  const inBrowser = invitation.where === "browser";
  const connection = (mine.connection = inBrowser ? new EdgeConnection(door, await prepare()) : new Connection(door));
  const clock = new SessionClock();
  const pace = new Pace((rate) => connection.limit(rate));
  connection.addEventListener("frame", ({ detail }) => {
    const now = wallClock(performance.now());
    clock.heard(detail, now);
    mine.analysed = detail.time_s;
    const late = stage.result(detail);
    pace.result(late, performance.now());
    if (view.state === "check" && mine === here) judge(detail);
  });
  connection.addEventListener("control", ({ detail }) => {
    if (detail.type === "too-large") connection.shrink(Math.max(detail.width / 1920, detail.height / 1080));
    if (detail.type === "held") view.outage(detail.text);
    if (detail.type === "slow" && view.state === "check" && connection === here?.connection) tooSlow(detail.text);
    if (detail.type === "stored") view.outage("");
    if (detail.type === "ended" && connection === here?.connection) ended(detail.text);
  });
  connection.addEventListener("moved", ({ detail: { began } }) => {
    Object.assign(mine, { viewing: connection.answer.viewing, person: connection.answer.person, analysed: NaN });
    clock.restart();
    mine.report.move(`${link}/viewings/${mine.viewing}`, began);
  });
  connection.addEventListener("lost", () => connection === here?.connection && lost());
  await connection.open(mine.camera, { consent: mine.consent, person: mine.person ?? null });
  mine.viewing = connection.answer?.viewing;
  mine.person = connection.answer?.person ?? mine.person;
  mine.report = new Report(`${link}/viewings/${mine.viewing}`, clock, stimulus);
}

function check() {
  Object.assign(here, { check: new FaceCheck(invitation.min_quality), since: performance.now() });
  button.play.disabled = true;
  view.hint("One moment…");
  view.enter("check", "Is your face well visible?");
}

function judge(message) {
  const now = performance.now();
  const { good, hint: text } = here.check.judge(message, now);
  view.hint(text, good ? "good" : "poor");
  button.play.disabled = !good && now - here.since < PLAY_ANYWAY;
}

async function play() {
  const mine = here;
  if (view.state === "check") {
    stage.stop();
    mine.report.begin();
  }
  view.hint("");
  view.enter("playing", invitation.stimulus);
  navigator.wakeLock?.request("screen").catch(() => {});
  try {
    await stimulus.play();
  } catch {
    if (mine === here && view.state === "playing") pause("The browser did not begin to play. Press Play again.");
  }
}

function pause(text = "Paused. Play goes on where you were.") {
  stimulus.pause();
  view.enter("paused", invitation.stimulus);
  view.hint(text);
  button.play.focus();
}

function toggle() {
  if (button.play.disabled) return;
  if (view.state === "playing") pause();
  else if (["check", "paused"].includes(view.state)) play();
}

async function done() {
  const mine = here;
  mine.finished = true; // the server now ends the session
  view.tell("closing", { title: "One moment…" });
  await analysed(mine);
  try {
    await mine.connection.flush?.(); // first all numbers, then the end
    await mine.report.end();
  } catch {
    if (mine === here) leave();
    const text = ["The server could not be reached at the very end. What was recorded until then is kept."];
    return view.tell("done", { title: "Thank you", text }, [["Next person", invite]]);
  }
  leave();
  if (document.fullscreenElement) document.exitFullscreen();
  const kept = invitation.keep_media ? "Your camera’s video and the numbers read from it are" : "The numbers read from your camera’s picture are";
  const text = [`That was all. The camera is off. ${kept} stored with the study.`];
  view.tell("done", { title: "Thank you for watching", text }, [
    ["Next person", invite],
    ["Remove what was recorded of me", () => remove(mine)],
  ]);
}

/** Until the camera's frames of the last moment are read, or clearly late. */
async function analysed(mine) {
  mine.report.stop();
  const [end, began] = [mine.report.seconds, performance.now()];
  while (!(mine.analysed > end) && performance.now() - began < LATE) await new Promise((resolve) => setTimeout(resolve, 30));
}

async function stop() {
  const mine = here;
  if (view.state === "playing") pause();
  const agreed = await ask({
    title: "Stop and remove everything?",
    text: "Your consent and everything that was recorded of you is removed from the server.",
    confirm: "Stop and remove",
    danger: true,
  });
  if (agreed && mine === here) await remove(mine);
}

async function remove(mine) {
  leave();
  view.tell("opening", { title: "Removing…" });
  try {
    await api(`${link}/people/${mine.person}`, { method: "DELETE" });
  } catch (error) {
    if (error.status === 404) return view.tell("removed", GONE, [["Next person", invite]]);
    return view.tell("failed", { title: "It could not be removed", text: [error.message] }, [["Try again", () => remove(mine)]]);
  }
  const text = ["Your consent and everything that was recorded of you is removed."];
  view.tell("removed", { title: "Nothing of you is stored", text }, [["Next person", invite]]);
}

function ended(text) {
  if (text === "The server stopped.") return lost();
  const mine = here;
  if (mine.finished) return;
  leave();
  view.tell("failed", { title: "The session has ended", text: [text, "What was recorded until then is kept, unless you have it removed."] }, [
    ["Start again", invite],
    ["Remove what was recorded of me", () => remove(mine)],
  ]);
}

/** A device that cannot keep up is no use to the study, and is told so. */
function tooSlow(text) {
  const mine = here;
  leave();
  view.tell("failed", { title: "This device is too slow for this study", text: [text, "Thank you for trying. A computer or a newer phone may do it."] }, [
    ["Remove what was recorded of me", () => remove(mine)],
  ]);
}

async function lost() {
  const mine = here;
  if (mine.finished) return;
  const playing = !["opening", "check"].includes(view.state);
  mine.report?.stop();
  mine.connection.close();
  stimulus.pause();
  view.tell("lost", { title: "The connection was lost", text: ["Connecting again…"] });
  for (const wait of RETRIES) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (mine !== here) return;
    try {
      await connect(mine);
    } catch (error) {
      if ([404, 412].includes(error.status)) break;
      continue;
    }
    if (!playing) return check();
    mine.report.begin();
    return pause("The connection is back. Play goes on where you were.");
  }
  leave();
  const text = ["The server could not be reached again. What was recorded until then is kept."];
  view.tell("failed", { title: "The connection was lost", text }, [
    ["Start again", invite],
    ["Remove what was recorded of me", () => remove(mine)],
  ]);
}

/** Who was here is gone: the camera off, the connection closed. */
function leave() {
  const mine = here;
  here = null;
  stimulus.pause();
  if (mine) release(mine);
  stage.stop();
}

function release(mine) {
  mine.report?.stop();
  mine.connection?.close();
  mine.camera?.getTracks().forEach((track) => track.stop());
}

button.play.onclick = toggle;
button.stop.onclick = stop;
button.sound.onclick = () => {
  tone();
  view.say("You should have heard a short tone. If not, turn the sound on or up, and try again.");
};
button.wide.hidden = !document.fullscreenEnabled;
button.wide.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : $("#stage").requestFullscreen());
document.addEventListener("fullscreenchange", () => (button.wide.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen"));
device.onchange = async () => {
  try {
    const opened = await openCamera(device.value);
    here.camera.getTracks().forEach((track) => track.stop());
    here.camera = opened;
    await here.connection.sender.replaceTrack(opened.getVideoTracks()[0]);
    await stage.show(opened);
  } catch (error) {
    if (!(error instanceof CameraError)) throw error;
    leave();
    view.camera(error.kind, agree);
  }
};
listenKeys({ " ": toggle });
document.addEventListener("visibilitychange", () => {
  if (document.hidden && view.state === "playing" && stimulus.stops) pause("Paused while this page was not in view.");
});
addEventListener("pagehide", () => {
  if (["playing", "paused"].includes(view.state)) {
    here?.connection?.leave?.();
    here?.report?.leave();
  }
  here?.connection?.close();
});
invite();
