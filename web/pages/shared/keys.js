// The keyboard: works anywhere on the page, except where something is written or a dialog is open.

const WRITES = "input[type=text], input[type=search], input[type=number], textarea, select, dialog, [contenteditable]";
const OF_THE_CHART = ["ArrowUp", "ArrowDown", "Home", "End"]; // elsewhere they scroll

/** `keys`: functions by key, letters in lower case; each hears the event. */
export function listenKeys(keys) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.(WRITES)) return;
    if (event.key === " " && event.target.closest?.("button, a, input, summary")) return;
    if (OF_THE_CHART.includes(event.key) && !event.target.closest?.(".chart")) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}
