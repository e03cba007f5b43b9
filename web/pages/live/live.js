// The live page: the buttons, and the states between which they lead.
//
//   idle → opening → live ⇄ paused → idle       lost → reconnecting → live        any → failed

import { Announcer } from "../shared/announce.js";
import { CameraError, listCameras, openCamera } from "../shared/camera/camera.js";
import { Connection, OfferError } from "../shared/camera/connection.js";
import { Faces } from "./faces.js";
import { Pace } from "../shared/camera/pace.js";
import { consentTo, idle, Panel } from "../shared/camera/panel.js";
import { SessionBox } from "./session.js";
import { CameraStage } from "../shared/camera/stage.js";
import { clock, when } from "../shared/text.js";
import { Status } from "./status.js";

const DOOR = { settings: "/api/live/settings", offer: "/api/offer", alive: ({ session }) => `/api/live/${encodeURIComponent(session)}` };
const NO_FACE = 2000; // ms without a face before the page says so
const RETRIES = [500, 1000, 2000, 3000, 5000]; // ms between tries to reach the server; the last goes on

const $ = (selector) => document.querySelector(selector);
const root = $(".live");
const buttons = Object.fromEntries(["start", "pause", "stop"].map((name) => [name, $(`[data-action="${name}"]`)]));
const panel = new Panel(root);
const stage = new CameraStage($("#camera"), $("#overlay"));
const faces = new Faces($("#faces"), $("#empty"));
const status = new Status($("#status"));
const box = new SessionBox($("#session"));
const announcer = new Announcer($("#announce"));
const mirror = $("#mirror");
const device = $("#device");
const recording = $("#recording");
const elapsed = $("#elapsed");
const name = $("#name");

let camera = null;
let connection = null;
let pace = null;
let attempt = 0; // raised by every start and stop: what an older one still awaits is void
let faceSeen = 0;
let held = ""; // what the server says while it cannot store the results
let counted = -1;

function enter(state) {
  root.dataset.state = state;
  const active = ["opening", "live", "paused", "reconnecting"].includes(state);
  buttons.start.disabled = active;
  buttons.stop.disabled = !active;
  buttons.pause.disabled = !["live", "paused"].includes(state);
  buttons.pause.textContent = state === "paused" ? "Resume" : "Pause";
  buttons.pause.setAttribute("aria-pressed", state === "paused");
  recording.hidden = !["live", "paused", "reconnecting"].includes(state);
}

async function start() {
  const mine = ++attempt;
  enter("opening");
  faces.clear();
  status.clear();
  box.clear();
  panel.show({ title: "Opening the camera…", text: ["The browser may ask for permission."] });
  try {
    const opened = await openCamera(device.value);
    if (mine !== attempt) return opened.getTracks().forEach((track) => track.stop());
    useCamera(opened);
    await stage.show(camera);
    listCameras(device, camera.getVideoTracks()[0].getSettings().deviceId);
    panel.show({ title: "Connecting…" });
    await connect(mine);
  } catch (error) {
    if (mine !== attempt) return;
    release();
    enter("failed");
    if (error instanceof CameraError) announcer.say(panel.error(error.kind, start));
    else if (error instanceof OfferError) {
      const title = error.status ? "The server did not take the session" : "The server cannot be reached";
      const text = error.status ? [error.message] : ["Is it running? The page tries again when you do."];
      panel.show({ title, text }, [["Try again", start]]);
      announcer.say(`${title}. ${text[0]}`);
    } else {
      panel.show({ title: "Something went wrong", text: [String(error)] }, [["Try again", start]]);
      throw error;
    }
  }
}

function useCamera(opened) {
  camera?.getTracks().forEach((track) => track.stop());
  camera = opened;
  camera.getVideoTracks()[0].onended = () => {
    if (opened !== camera) return;
    finish();
    announcer.say(panel.error("missing", start));
  };
}

async function connect(mine) {
  const opened = new Connection(DOOR);
  connection = opened;
  opened.addEventListener("frame", (event) => show(event.detail));
  opened.addEventListener("control", (event) => control(event.detail));
  opened.addEventListener("lost", () => opened === connection && reconnect());
  await opened.open(camera, { name: name.value.trim() || `Live, ${when(new Date())}`, consent: consentTo(root.dataset.estimates) });
  if (mine !== attempt) return opened.close();
  stage.restart();
  pace = new Pace((rate) => opened.limit(rate));
  faceSeen = performance.now();
  counted = -1;
  box.live(opened.session);
  status.identify();
}

function show(message) {
  if (!["opening", "live", "reconnecting"].includes(root.dataset.state)) return;
  if (root.dataset.state !== "live") {
    enter("live");
    panel.hide();
    panel.note("");
  }
  const latency = stage.result(message);
  pace?.result(latency, performance.now());
  status.show(message, latency);
  elapsed.textContent = clock(message.time_s, 0);
  faces.show(message);
  box.watched(message.spectators);
  const now = performance.now();
  if (message.faces.length) faceSeen = now;
  panel.note(held || now - faceSeen > NO_FACE ? held || "No face in view: look towards the camera, with light on your face" : "");
  if (message.faces.length !== counted) {
    counted = message.faces.length;
    announcer.say(counted === 0 ? "No face in view" : counted === 1 ? "One face in view" : `${counted} faces in view`);
  }
}

function control(message) {
  if (message.type === "too-large") {
    connection.shrink(Math.max(message.width / 1920, message.height / 1080));
    box.say(`${message.text} It is sent smaller.`);
  }
  if (message.type === "held") panel.note(message.text);
  if (message.type === "stored") box.say(message.text);
  if (message.type === "held" || message.type === "stored") held = message.type === "held" ? message.text : "";
  if (message.type === "ended" && root.dataset.state !== "idle") {
    if (message.text === "The server stopped.") return reconnect();
    finish();
    enter("failed");
    panel.show({ title: "The session has ended", text: [message.text] }, [["Start again", start]]);
    announcer.say(`The session has ended. ${message.text}`);
  }
}

function pause() {
  const paused = root.dataset.state === "live";
  enter(paused ? "paused" : "live");
  stage.frozen = paused;
  camera.getVideoTracks()[0].enabled = !paused; // nothing leaves this computer meanwhile
  connection.say(paused ? "pause" : "resume");
  if (paused) {
    status.rest();
    faces.rest();
  }
  panel.note(paused ? "Paused" : "");
  faceSeen = performance.now();
  announcer.say(paused ? "Paused" : "Resumed");
}

function finish() {
  attempt++;
  const session = connection?.session;
  connection?.close();
  connection = null;
  release();
  enter("idle");
  return session;
}

function stop() {
  const wasLive = root.dataset.state !== "opening";
  const session = finish();
  if (session && wasLive) {
    box.stored(session);
    name.value = "";
    panel.show({ title: "The session is stored", text: ["Its numbers are in the library. Start begins another one."] }, [
      ["Open it", `/sessions/${encodeURIComponent(session)}`],
      ["Delete it…", () => remove(session)],
    ]);
    announcer.say("Stopped. The session is stored.");
  } else panel.show(idle(root.dataset.estimates));
}

async function remove(session) {
  if (!(await box.remove(session)) || root.dataset.state !== "idle") return;
  panel.show(idle(root.dataset.estimates));
  announcer.say("The session is deleted.");
}

function release() {
  camera?.getTracks().forEach((track) => track.stop());
  camera = null;
  stage.stop();
}

async function reconnect() {
  const mine = ++attempt;
  const before = connection?.session;
  connection?.close();
  connection = null;
  enter("reconnecting");
  stage.restart();
  camera.getVideoTracks()[0].enabled = true;
  panel.note("The connection to the server was lost. Connecting again…");
  announcer.say("The connection to the server was lost. Connecting again.");
  for (let i = 0; mine === attempt; i++) {
    await new Promise((resolve) => setTimeout(resolve, RETRIES[Math.min(i, RETRIES.length - 1)]));
    if (mine !== attempt) return;
    try {
      await connect(mine);
    } catch (error) {
      if (!(error instanceof OfferError)) throw error;
      continue;
    }
    if (mine !== attempt) return;
    faces.clear();
    const kept = before ? await box.kept(before) : "";
    announcer.say(`Connected again. ${kept}`);
    return;
  }
}

buttons.start.onclick = start;
buttons.pause.onclick = pause;
buttons.stop.onclick = stop;
name.onchange = () => connection?.session && name.value.trim() && box.rename(connection.session, name.value.trim());
mirror.onchange = () => (stage.mirrored = mirror.checked);
stage.mirrored = mirror.checked;
device.onchange = async () => {
  if (!camera) return;
  try {
    const opened = await openCamera(device.value);
    useCamera(opened);
    await connection?.sender?.replaceTrack(opened.getVideoTracks()[0]);
    await stage.show(opened);
  } catch (error) {
    if (!(error instanceof CameraError)) throw error;
    finish();
    announcer.say(panel.error(error.kind, start));
  }
};
addEventListener("pagehide", () => connection?.close());

panel.show(idle(root.dataset.estimates));
listCameras(device);
navigator.mediaDevices?.addEventListener?.("devicechange", () => listCameras(device));
status.identify();
if (!window.isSecureContext) {
  panel.error("insecure");
  buttons.start.disabled = true;
}
