// The library: all sessions, found, sorted, renamed and deleted without leaving the page.

import { Announcer } from "../shared/announce.js";
import { allSessions, api, sessionApi } from "../shared/api.js";
import { ask, askText, tell } from "../shared/dialog.js";
import { element } from "../shared/elements.js";
import { count, number } from "../shared/text.js";
import { Bin, WHILE } from "./bin.js";
import { Choice } from "./choice.js";
import { attach, download, tag } from "./many.js";
import { chosen } from "./order.js";
import { remember, remembered } from "./place.js";
import { row } from "./row.js";

const PAGE = 100; // rows made at a time: a thousand at once would keep a slow computer busy
const AGAIN = 4000; // ms between looks at sessions that still run

const find = (id) => document.getElementById(id);
const inputs = { q: find("search"), sort: find("sort") };
for (const name of ["state", "kind", "tag", "study", "since", "until"]) inputs[name] = find(name);
const [search, sort, body, more] = [inputs.q, inputs.sort, find("library").querySelector("tbody"), find("more")];
const announcer = new Announcer(find("announce"));
const asked = new URL(location.href).searchParams; // for tags and studies, which are not known yet
let sessions = [];
let listed = []; // those that fit, in their order
let { shown = PAGE, scroll = 0 } = remembered(inputs);

const actions = { rename, remove: (session) => remove([session]) };
const bin = new Bin(find("undo"), {
  changed: (gone) => (gone ? load() : show()),
  failed: (text) => tell({ title: "Not all were deleted", text }),
});
const choice = new Choice({ body, all: find("all"), bar: find("chosen"), says: find("chosen-count"), listed: () => listed });

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

/** Offer `values` in `select`, beside its first choice; what is chosen there, or in the address, stays. */
function offer(select, values) {
  const now = select.value || asked.get(select.id) || "";
  const known = [...new Set(values)].sort((a, b) => a.localeCompare(b));
  select.replaceChildren(select.options[0], ...known.map((value) => element("option", {}, value)));
  select.value = known.includes(now) ? now : "";
  if (select.value) asked.delete(select.id);
  select.closest("label").hidden = !known.length;
}

function show() {
  offer(inputs.tag, sessions.flatMap((session) => session.tags));
  offer(inputs.study, sessions.flatMap((session) => session.studies));
  if (sessions.length) remember(inputs);
  const wanted = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
  const there = sessions.filter((session) => !bin.has(session));
  const found = (listed = chosen(there, { ...wanted, words: search.value, order: sort.value }));
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
  choice.show();
  more.hidden = found.length <= shown;
  find("library").hidden = !found.length;
  find("empty").hidden = found.length > 0;
  find("summary").textContent =
    found.length === there.length ? count(found.length, "session") : `${count(found.length, "session")} of ${number(there.length)}`;
  if (!there.length) {
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
  for (const input of Object.values(inputs)) if (input !== sort) input.value = "";
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
    await tell({ title: "It was not renamed", text: error.message });
  }
  show();
}

async function remove(some) {
  const stopped = some.filter((session) => session.state !== "running");
  if (!stopped.length) return;
  const one = stopped.length === 1;
  const what = one ? "Its numbers, its files and its recording" : "Their numbers, files and recordings";
  const agreed = await ask({
    title: one ? `Delete “${stopped[0].name}”?` : `Delete ${count(stopped.length, "session")}?`,
    text: `${what} are removed from the server for good. For ${WHILE} seconds, and while this page is open, you can undo it.`,
    confirm: "Delete",
    danger: true,
  });
  if (!agreed) return;
  choice.clear();
  await bin.take(stopped);
  search.focus();
}

const many = {
  async download(some) {
    try {
      await download(some);
      announcer.say("The zip is on its way");
    } catch (error) {
      await tell({ title: "They were not downloaded", text: error.message });
    }
  },
  async attach(some) {
    const said = await attach(some);
    if (said) {
      await load();
      announcer.say(said);
    }
  },
  async tag(some) {
    if (await tag(some)) show();
  },
  delete: remove,
  none: () => choice.clear(),
};
for (const button of document.querySelectorAll("[data-many]")) button.onclick = () => many[button.dataset.many](choice.sessions);

search.addEventListener("input", () => {
  shown = PAGE;
  show();
});
for (const select of Object.values(inputs)) if (select !== search) select.addEventListener("change", show);
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
addEventListener("pagehide", () => remember(inputs, { shown, scroll: scrollY }));
load();
