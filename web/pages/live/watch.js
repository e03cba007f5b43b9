// The viewer's page of a live session: its picture, relayed, and its numbers.

import { Announcer } from "../shared/announce.js";
import { Connection, OfferError } from "./connection.js";
import { Faces } from "./faces.js";
import { Panel } from "./panel.js";
import { RelayStage } from "./stage.js";
import { Status } from "./status.js";

const AGAIN = 2000; // ms until another try

const $ = (selector) => document.querySelector(selector);
const session = decodeURIComponent(location.pathname.split("/").pop());
const root = $(".live");
const panel = new Panel(root);
const stage = new RelayStage($("#camera"), $("#overlay"));
const faces = new Faces($("#faces"), $("#empty"));
const status = new Status($("#status"));
const announcer = new Announcer($("#announce"));

let connection = null;

async function watch() {
  root.dataset.state = "opening";
  panel.show({ title: "Connecting…" });
  const opened = (connection = new Connection());
  opened.addEventListener("track", (event) => stage.show(event.detail));
  opened.addEventListener("frame", (event) => show(event.detail));
  opened.addEventListener("lost", () => lost(opened));
  try {
    await opened.open(`/api/live/${encodeURIComponent(session)}/watch`, null);
  } catch (error) {
    if (!(error instanceof OfferError)) throw error;
    opened.close();
    if (error.status === 404) ended();
    else if (error.status) panel.show({ title: "You cannot watch just now", text: [error.message] }, [["Try again", watch]]);
    else lost(opened);
  }
}

function show(message) {
  if (root.dataset.state !== "live") {
    root.dataset.state = "live";
    panel.hide();
    announcer.say("Watching");
  }
  stage.result(message);
  status.show(message, null);
  faces.show(message);
}

function lost(which) {
  if (which !== connection) return;
  root.dataset.state = "reconnecting";
  panel.show({ title: "The connection was lost", text: ["Connecting again…"] });
  announcer.say("The connection was lost. Connecting again.");
  setTimeout(watch, AGAIN);
}

function ended() {
  root.dataset.state = "ended";
  stage.stop();
  panel.show({ title: "This session is not live", text: ["It has ended, or the link is not complete."] }, [
    ["Sessions", "/sessions"],
  ]);
  announcer.say("This session is not live.");
}

addEventListener("pagehide", () => connection?.close());
status.identify();
watch();
