// Which sessions are shown, and in which order.

/** Those in which each of the `words` occurs and whose state is `state` ("" for any), by `order` "field:asc|desc". */
export function chosen(sessions, { words, state, order }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const [field, direction] = order.split(":");
  const sign = direction === "asc" ? 1 : -1;
  return sessions
    .filter((session) => !state || session.state === state)
    .filter((session) => {
      const text = `${session.name} ${session.input} ${session.session}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .sort((a, b) => compared(a[field], b[field], sign) || (a.session < b.session ? 1 : -1));
}

/** What is not known comes last, whatever the direction. */
function compared(a, b, sign) {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return sign * (typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b);
}
