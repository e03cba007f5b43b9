// The list of studies.

import { Announcer } from "../shared/announce.js";
import { api } from "../shared/api.js";
import { element, renew } from "../shared/elements.js";
import { count, when } from "../shared/text.js";
import { confirmDeletion } from "../study/deletion.js";
import { studyApi, studyPage } from "../study/address.js";
import { CreateForm } from "./create.js";

const find = (id) => document.getElementById(id);
const body = find("list").querySelector("tbody");
const announcer = new Announcer(find("announce"));
const opener = document.querySelector('[data-action="new"]');
const form = new CreateForm(find("create"), {
  made: (study) => (location.href = studyPage(study)),
  closed: () => {
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  },
});
let studies = [];

async function load() {
  try {
    studies = await api("/api/studies");
  } catch (error) {
    return say(error.message, element("button", { onclick: load }, "Try again"));
  }
  show();
}

function show() {
  find("summary").textContent = studies.length ? count(studies.length, "study", "studies") : "";
  find("list").hidden = !studies.length;
  find("empty").hidden = studies.length > 0;
  renew(body, ...studies.map(row));
  if (!studies.length) {
    const text =
      "A study puts viewers of the same video on its clock: how the audience looked at each moment, with a band that says how sure that is.";
    say(text, element("button", { className: "primary", onclick: create }, "Make the first study"));
  }
}

function row(study) {
  const cell = (className, ...content) => element("td", { className }, ...content);
  const names = study.stimuli.map((stimulus) => stimulus.name).join(", ") || "nothing to watch yet";
  const number = (value, one, many) =>
    element("td", { className: "right number", data: { of: value === 1 ? one : many } }, String(value));
  return element(
    "tr",
    { data: { study: study.study } },
    cell("title", element("a", { href: studyPage(study.study), title: study.name }, study.name), element("span", { className: "small quiet" }, names)),
    cell("made quiet small", when(study.created)),
    number(study.stimuli.length, "stimulus", "stimuli"),
    number(study.viewers, "viewer", "viewers"),
    cell("actions", element("button", { className: "plain", data: { action: "delete" }, "aria-label": `Delete ${study.name}`, onclick: () => remove(study) }, "Delete")),
  );
}

async function remove(study) {
  if (!(await confirmDeletion(study, studyApi(study.study)))) return;
  studies = studies.filter((other) => other !== study);
  show();
  announcer.say(`${study.name} is deleted`);
  opener.focus();
}

function say(text, action) {
  find("list").hidden = true;
  find("empty").hidden = false;
  find("empty").replaceChildren(element("p", {}, text), action);
}

function create() {
  opener.setAttribute("aria-expanded", "true");
  form.open();
}

opener.addEventListener("click", create);
load();
