// Questions to the user: yes or no, a line of text, a few fields. Escape and a click beside it mean no.

import { element, focusAgain } from "./elements.js";

/** Whether the user agrees. `danger`: what cannot be undone. */
export async function ask({ title, text, confirm, danger = false }) {
  const lines = [text].flat().map((line) => element("p", {}, line));
  return (await open(title, lines, confirm, danger)) !== null;
}

/** Something that there is nothing to decide about; waits until it has been read. */
export async function tell({ title, text }) {
  await open(title, [text].flat().map((line) => element("p", {}, line)), null);
}

/** What the user wrote, trimmed, or null. */
export async function askText({ title, label, value = "", confirm = "Save", required = false }) {
  const answer = await askFields({ title, confirm, fields: [{ name: "text", label, value, required }] });
  return answer && answer.text;
}

/**
 * What the user filled in, as text by name, or null. A field: {name, label, value}, with `options` [[value, label]]
 * a choice, with `rows` several lines, with `type: "number"` also {min, max, step}.
 */
export async function askFields({ title, text = [], fields, confirm = "Save", danger = false }) {
  const lines = [text].flat().map((line) => element("p", {}, line));
  const inputs = fields.map(({ name, value, options, label: _label, ...more }) => {
    if (more.rows) return element("textarea", { maxLength: 200, ...more, name, value });
    if (!options) return element("input", { type: "text", maxLength: 200, autocomplete: "off", ...more, name, value });
    const choices = options.map(([key, label]) => element("option", { value: key, selected: key === value }, label));
    return element("select", { name }, ...choices);
  });
  const labels = fields.map(({ label }, i) => element("label", { className: "field" }, label, inputs[i]));
  const answer = open(title, [...lines, ...labels], confirm, danger);
  if (!danger) inputs[0].select?.();
  if ((await answer) === null) return null;
  return Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()]));
}

/** Shows `content` (elements) with two buttons, or with one to close it where `confirm` is null; true, or null where the user does not go on. */
export function open(title, content, confirm, danger = false) {
  const heading = element("h2", { id: "dialog-title" }, title);
  const no = confirm === null ? null : element("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const yes = element("button", { className: danger ? "danger" : "primary", value: "yes" }, confirm ?? "Close");
  const form = element("form", { method: "dialog" }, heading, ...content, element("div", { className: "actions" }, no, yes));
  const dialog = element("dialog", { className: "card", "aria-labelledby": "dialog-title" }, form);
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const answer = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before !== document.body) focusAgain(before);
      resolve(dialog.returnValue === "yes" ? true : null);
    });
  });
  dialog.showModal();
  if (danger) no.focus();
  return answer;
}
