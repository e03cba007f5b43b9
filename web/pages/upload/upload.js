// The upload page: files go up one after the other; the server's queue says what becomes of them.

import { Announcer } from "../shared/announce.js";
import { ApiError, api } from "../shared/api.js";
import { bytes, count } from "../shared/text.js";
import { JobCard } from "./card.js";
import { follow } from "./events.js";
import { chosen, dropped, sorted } from "./folders.js";
import { own } from "./own.js";
import { send } from "./transfer.js";

const find = (id) => document.getElementById(id);
const [drop, input, list, clear] = [find("drop"), find("files"), find("jobs"), find("clear")];
const announcer = new Announcer(find("announce"));
const cards = new Map(); // by job id; files on their way have a made-up one
const waiting = []; // [file, card] not yet sent
let listed = new Map([...own.all()].map((id) => [id, null])); // the server's latest list; at first what it should hold
let sending = null;
const NAMED = 5; // files of a folder that are passed over, told by name
let limit = Infinity;
let made = 0;

function choose() {
  input.click();
}

/** `files`: as folders.js has them. */
function add(files) {
  const { wanted, others } = sorted(files);
  passOver(others, wanted);
  for (const { file, path } of wanted) {
    const id = `local-${++made}`;
    const card = place(id, new JobCard({ id, name: path, choose, remove: () => cancel(id) }));
    if (file.size === 0) card.fail("The file is empty. Please choose another one.", true);
    else if (file.size > limit) card.fail(`It is larger than ${bytes(limit)}, which is the most this server takes.`, true);
    else {
      card.waits(file.size);
      waiting.push([file, card]);
    }
  }
  tidy();
  next();
}

/** Say what of a folder is not sent. */
function passOver(others, wanted) {
  const names = others.slice(0, NAMED).map(({ path }) => path).join(", ");
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : "";
  const none = wanted.length ? "" : "There is no image or video in it. ";
  find("passed-over").hidden = !others.length && Boolean(wanted.length);
  find("passed-over").textContent = none + (others.length ? `Passed over ${count(others.length, "file")}: ${names}${more}.` : "");
}

async function next() {
  if (sending || !waiting.length) return;
  const [file, card] = waiting.shift();
  sending = { card, transfer: send(file, (sent) => card.goes(sent, file.size)) };
  try {
    const [answer] = await sending.transfer.done;
    const job = listed.get(answer.id) ?? answer; // the server's news may have come first
    own.add(job.id);
    cards.delete(card.id);
    cards.get(job.id)?.element.remove();
    card.id = job.id;
    card.remove = () => cancel(job.id);
    cards.set(job.id, card);
    card.show(job);
  } catch (error) {
    if (error instanceof ApiError && cards.has(card.id)) {
      card.fail(error.message, error.status !== 0, error.status === 0 ? () => retry(file, card) : null);
      announcer.say(`${card.name}: ${error.message}`);
    }
  }
  sending = null;
  tidy();
  next();
}

function retry(file, card) {
  card.waits(file.size);
  waiting.push([file, card]);
  next();
}

async function cancel(id) {
  const card = cards.get(id);
  if (sending?.card === card) sending.transfer.abort();
  const place = waiting.findIndex(([, other]) => other === card);
  if (place >= 0) waiting.splice(place, 1);
  forget(id);
  if (id.startsWith("local-")) return;
  own.remove(id);
  try {
    await api(`/api/analyses/${id}`, { method: "DELETE" });
  } catch (error) {
    if (![404, 409].includes(error.status)) trouble(error.message);
  }
}

function place(id, card) {
  cards.set(id, card);
  list.prepend(card.element);
  return card;
}

function forget(id) {
  const card = cards.get(id);
  const near = card?.element.nextElementSibling ?? card?.element.previousElementSibling;
  card?.element.remove();
  cards.delete(id);
  (near?.querySelector("button, a") ?? input).focus({ preventScroll: true });
  tidy();
}

function tidy() {
  find("queue").hidden = !cards.size;
  clear.hidden = ![...cards.values()].some((card) => card.finished);
}

function trouble(text) {
  find("trouble").hidden = !text;
  find("trouble").textContent = text;
}

/** Take the server's list. Shown: what this browser sent, and whatever else waits or runs. */
function news(jobs) {
  trouble("");
  const mine = own.all();
  for (const job of jobs) {
    const open = ["queued", "running"].includes(job.status);
    let card = cards.get(job.id);
    if (!card && (open || mine.has(job.id))) {
      card = place(job.id, new JobCard({ id: job.id, name: job.input, choose, remove: () => cancel(job.id) }));
    }
    const before = card?.status;
    card?.show(job);
    if (card && before && before !== job.status && !["queued", "running"].includes(job.status)) {
      announcer.say(job.status === "done" ? `${job.input} is analysed` : `${job.input}: ${job.error}`);
    }
  }
  forgetGone(jobs);
  const open = jobs.filter((job) => ["queued", "running"].includes(job.status)).length;
  document.title = `${open ? `(${open}) ` : ""}Upload · Valence Detector`;
  tidy();
}

/**
 * Forget what was on the server's list before and is not any more. What was never on it stays: this list may
 * have been made before an upload whose answer is here already.
 */
function forgetGone(jobs) {
  const now = new Map(jobs.map((job) => [job.id, job]));
  for (const id of listed.keys()) {
    if (now.has(id)) continue;
    cards.get(id)?.element.remove();
    cards.delete(id);
    own.remove(id);
  }
  listed = now;
}

for (const each of [input, find("folder")]) {
  each.addEventListener("change", () => {
    add(chosen(each));
    each.value = "";
  });
}
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
}
addEventListener("dragleave", (event) => event.relatedTarget === null && drop.classList.remove("over"));
addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (!event.dataTransfer?.types.includes("Files")) return;
  try {
    add(await dropped(event.dataTransfer));
  } catch (error) {
    trouble(`What was dropped cannot be read: ${error.message}`); // a folder that is gone, or not ours to read
  }
});
addEventListener("beforeunload", (event) => {
  if (sending || waiting.length) event.preventDefault();
});
clear.addEventListener("click", () => {
  for (const [id, card] of [...cards]) {
    if (!card.finished) continue;
    if (card.status === "failed") cancel(id);
    own.remove(id);
    forget(id);
  }
});

try {
  ({ file_bytes: limit } = await api("/api/analyses/limits"));
  find("limit").textContent = ` · up to ${bytes(limit)} each`;
} catch (error) {
  trouble(error.message);
}
follow(news, trouble);
