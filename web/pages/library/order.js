// Which sessions are shown, and in which order.

/**
 * Those in which each of the `words` occurs and that fit the others, "" for any: `state`, `kind`, a `tag`, the id of a
 * `study`, `since` and `until` (days, YYYY-MM-DD, as the reader's clock has them). By `order` "field:asc|desc".
 */
export function chosen(sessions, { words, state, kind, tag, study, since, until, order }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const [field, direction] = order.split(":");
  const sign = direction === "asc" ? 1 : -1;
  return sessions
    .filter((session) => (!state || session.state === state) && (!kind || session.kind === kind))
    .filter((session) => (!tag || session.tags.includes(tag)) && (!study || session.studies.includes(study)))
    .filter((session) => (!since || day(session) >= since) && (!until || day(session) <= until))
    .filter((session) => {
      const text = `${session.name} ${session.input} ${session.session} ${session.tags.join(" ")}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .sort((a, b) => compared(a[field], b[field], sign) || (a.session < b.session ? 1 : -1));
}

const day = ({ created }) => new Date(created).toLocaleDateString("sv"); // YYYY-MM-DD

/** What is not known comes last, whatever the direction. */
function compared(a, b, sign) {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return sign * (typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b);
}
