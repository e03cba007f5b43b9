// The page of those who look on at a live session: its picture, relayed, and its numbers.
//
// An operator comes by the session's id (/live/<id>), a spectator by a link (/l/<token>).

import { Announcer } from "../shared/announce.js";
import { Connection, OfferError } from "../shared/camera/connection.js";
import { Faces } from "./faces.js";
import { Panel } from "../shared/camera/panel.js";
import { RelayStage } from "../shared/camera/stage.js";
import { Status } from "./status.js";

const AGAIN = 2000; // ms until another try

const $ = (selector) => document.querySelector(selector);
const linked = location.pathname.startsWith("/l/");
const session = linked ? null : location.pathname.split("/").pop();
const door = linked
  ? { settings: `${location.pathname}/settings`, offer: `${location.pathname}/watch`, alive: () => `${location.pathname}/session` }
  : { settings: "/api/live/settings", offer: `/api/live/${session}/watch`, alive: () => `/api/live/${session}` };
const root = $(".live");
const panel = new Panel(root);
const stage = new RelayStage($("#camera"), $("#overlay"));
const faces = new Faces($("#faces"), $("#empty"));
const status = new Status($("#status"));
const announcer = new Announcer($("#announce"));

let connection = null;

async function look() {
  root.dataset.state = "opening";
  panel.show({ title: "Connecting…" });
  const opened = (connection = new Connection(door));
  opened.addEventListener("track", (event) => stage.show(event.detail));
  opened.addEventListener("frame", (event) => show(event.detail));
  opened.addEventListener("control", (event) => control(event.detail));
  opened.addEventListener("lost", () => lost(opened));
  try {
    await opened.open(null);
  } catch (error) {
    if (!(error instanceof OfferError)) throw error;
    opened.close();
    if (error.status === 404) ended("This session is not live", "It has ended, or the link was closed.");
    else if (error.status) panel.show({ title: "You cannot look on just now", text: [error.message] }, [["Try again", look]]);
    else lost(opened);
  }
}

function show(message) {
  stage.result(message);
  if (root.dataset.state === "paused") return; // what was under way when it began
  if (root.dataset.state !== "live") {
    root.dataset.state = "live";
    panel.hide();
    announcer.say("Looking on");
  }
  status.show(message, null);
  faces.show(message);
}

function control(message) {
  if (message.type === "ended") {
    connection.close();
    ended("The session has ended", message.text);
  } else if (message.type === "state" && message.state === "paused") {
    if (root.dataset.state === "live") panel.note("Paused");
    else panel.show({ title: "Paused", text: ["The picture comes when the session goes on."] });
    root.dataset.state = "paused";
    status.rest();
    faces.rest();
    announcer.say("Paused");
  } else if (message.type === "state") {
    root.dataset.state = "opening";
    panel.note("");
  }
}

function lost(which) {
  if (which !== connection) return;
  root.dataset.state = "reconnecting";
  panel.show({ title: "The connection was lost", text: ["Connecting again…"] });
  announcer.say("The connection was lost. Connecting again.");
  setTimeout(look, AGAIN);
}

function ended(title, text) {
  root.dataset.state = "ended";
  stage.stop();
  status.rest();
  panel.show({ title, text: [text] }, linked ? [] : [["Sessions", "/sessions"]]);
  announcer.say(`${title}. ${text}`);
}

addEventListener("pagehide", () => connection?.close());
status.identify();
look();
