// What the keys do on the session page.

import { listenKeys } from "../shared/keys.js";

/** `actions`: functions by what they do. */
export function listen({ play, step, jump, seekStart, seekEnd, mark, exclude, zoom, all, moment }) {
  listenKeys({
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
  });
}
