// Questions to the user: yes or no, and one line of text. Escape and a click beside it mean no.

import { element } from "./elements.js";

/** Whether the user agrees. `danger`: what cannot be undone. */
export async function ask({ title, text, confirm, danger = false }) {
  const lines = [text].flat().map((line) => element("p", {}, line));
  return (await open(title, lines, confirm, danger)) !== null;
}

/** What the user wrote, trimmed, or null. */
export async function askText({ title, label, value = "", confirm = "Save", required = false, longest = 200 }) {
  const input = element("input", { type: "text", name: "text", value, maxLength: longest, required, autocomplete: "off" });
  const field = element("label", { className: "field" }, label, input);
  const answer = open(title, [field], confirm, false);
  input.select();
  return (await answer) === null ? null : input.value.trim();
}

function open(title, content, confirm, danger) {
  const heading = element("h2", { id: "dialog-title" }, title);
  const no = element("button", { type: "button" }, "Cancel");
  const yes = element("button", { className: danger ? "danger" : "primary", value: "yes" }, confirm);
  const form = element("form", { method: "dialog" }, heading, ...content, element("div", { className: "actions" }, no, yes));
  const dialog = element("dialog", { className: "card", "aria-labelledby": "dialog-title" }, form);
  const before = document.activeElement;
  document.body.append(dialog);
  no.onclick = () => dialog.close();
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const answer = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.({ preventScroll: true });
      resolve(dialog.returnValue === "yes" ? true : null);
    });
  });
  dialog.showModal();
  if (danger) no.focus();
  return answer;
}
