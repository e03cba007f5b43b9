// The library: all sessions, found, sorted, renamed and deleted without leaving the page.

import { Announcer } from "../shared/announce.js";
import { allSessions, api, sessionApi } from "../shared/api.js";
import { ask, askText } from "../shared/dialog.js";
import { element } from "../shared/elements.js";
import { count, number } from "../shared/text.js";
import { chosen } from "./order.js";
import { remember, remembered } from "./place.js";
import { row } from "./row.js";

const PAGE = 100; // rows made at a time: a thousand at once would keep a slow computer busy
const AGAIN = 4000; // ms between looks at sessions that still run

const find = (id) => document.getElementById(id);
const [search, state, sort, body, more] = [find("search"), find("state"), find("sort"), find("library").querySelector("tbody"), find("more")];
const announcer = new Announcer(find("announce"));
let sessions = [];
let { shown = PAGE, scroll = 0 } = remembered({ search, state, sort });

const actions = { rename, remove };

async function load() {
  try {
    const before = sessions.length;
    sessions = await allSessions((some) => {
      if (some.length <= before) return;
      sessions = some;
      show();
    });
  } catch (error) {
    say(error.message, element("button", { onclick: load }, "Try again"));
    return;
  }
  show();
  if (scroll) scrollTo(0, scroll); // where one was before
  scroll = 0;
  if (sessions.some((session) => session.state === "running")) setTimeout(load, AGAIN);
}

function show() {
  const found = chosen(sessions, { words: search.value, state: state.value, order: sort.value });
  remember({ search, state, sort });
  const [by, direction] = sort.value.split(":");
  for (const button of document.querySelectorAll("[data-sort]")) {
    const header = button.closest("th");
    if (button.dataset.sort === by) header.setAttribute("aria-sort", direction === "asc" ? "ascending" : "descending");
    else header.removeAttribute("aria-sort");
  }
  const focused = document.activeElement?.closest?.("tr")?.dataset.session;
  const control = document.activeElement?.dataset?.action;
  body.replaceChildren(...found.slice(0, shown).map((session) => row(session, actions)));
  if (focused && control) body.querySelector(`tr[data-session="${CSS.escape(focused)}"] [data-action="${control}"]`)?.focus();
  more.hidden = found.length <= shown;
  find("library").hidden = !found.length;
  find("empty").hidden = found.length > 0;
  find("summary").textContent =
    found.length === sessions.length ? count(found.length, "session") : `${count(found.length, "session")} of ${number(sessions.length)}`;
  if (!sessions.length) {
    say("There are no sessions yet. Upload a recording, or start a live view.", element("a", { className: "button primary", href: "/upload" }, "Upload a recording"));
  } else if (!found.length) {
    say("No session fits.", element("button", { onclick: clear }, "Show all"));
  }
}

function say(text, action) {
  find("library").hidden = true;
  find("empty").hidden = false;
  find("empty").replaceChildren(element("p", {}, text), action);
}

function clear() {
  search.value = state.value = "";
  show();
  search.focus();
}

async function rename(session) {
  const name = await askText({ title: "Rename session", label: "Name", value: session.name, required: true });
  if (!name || name === session.name) return;
  try {
    Object.assign(session, await api(sessionApi(session.session), { method: "PATCH", body: { name } }));
    announcer.say(`Renamed to ${name}`);
  } catch (error) {
    await ask({ title: "It was not renamed", text: error.message, confirm: "Close" });
  }
  show();
}

async function remove(session) {
  const agreed = await ask({
    title: `Delete “${session.name}”?`,
    text: ["Its numbers, its files and its recording are removed from the server for good."],
    confirm: "Delete",
    danger: true,
  });
  if (!agreed) return;
  try {
    await api(sessionApi(session.session), { method: "DELETE" });
  } catch (error) {
    if (error.status !== 404) {
      await ask({ title: "It was not deleted", text: error.message, confirm: "Close" });
      return;
    }
  }
  sessions = sessions.filter((other) => other !== session);
  show();
  announcer.say(`${session.name} is deleted`);
  search.focus();
}

search.addEventListener("input", () => {
  shown = PAGE;
  show();
});
for (const select of [state, sort]) select.addEventListener("change", show);
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const [by, direction] = sort.value.split(":");
    const first = ["name", "state"].includes(button.dataset.sort) ? "asc" : "desc";
    const next = by !== button.dataset.sort ? first : direction === "asc" ? "desc" : "asc";
    sort.value = `${button.dataset.sort}:${next}`;
    show();
  });
}
more.addEventListener("click", () => {
  shown += PAGE;
  show();
});
new IntersectionObserver(([entry]) => entry.isIntersecting && more.click()).observe(more);
addEventListener("pagehide", () => remember({ search, state, sort }, { shown, scroll: scrollY }));
load();
