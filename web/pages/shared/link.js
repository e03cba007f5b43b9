// A link to be handed on: to read, to copy, to open.

import { element } from "./elements.js";

/** A field with the address and a button that copies it. */
export function linkField(address, label) {
  const field = element("input", { type: "text", readOnly: true, value: address, "aria-label": label, onfocus: () => field.select() });
  const copy = element("button", { type: "button", data: { action: "copy" }, onclick: () => copied(copy, field) }, "Copy");
  return element("div", { className: "link" }, field, copy);
}

async function copied(button, field) {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // without a clipboard of its own the page can still mark it
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}
