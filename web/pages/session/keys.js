// The keyboard: works anywhere on the page, except where something is written or a dialog is open.

const WRITES = "input[type=text], input[type=search], input[type=number], textarea, select, dialog, [contenteditable]";

/** `actions`: functions by what they do. */
export function listen({ play, step, jump, seekStart, seekEnd, mark, exclude, zoom, all, moment }) {
  const keys = {
    " ": play,
    ArrowLeft: (event) => (event.shiftKey ? jump(-1) : step(-1)),
    ArrowRight: (event) => (event.shiftKey ? jump(1) : step(1)),
    ArrowUp: () => moment(-1),
    ArrowDown: () => moment(1),
    Home: seekStart,
    End: seekEnd,
    m: mark,
    x: exclude,
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    0: all,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.(WRITES)) return;
    if (event.key === " " && event.target.closest?.("button, a, input, summary")) return;
    const onChart = event.target.closest?.("#chart");
    if (["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key) && !onChart) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}
