// Numbers, times and names as people read them.

/** A moment of a session: 3.2 s → "0:03.20"; `digits` after the point. */
export function clock(seconds, digits = 2) {
  const unit = 10 ** digits;
  const whole = Math.round(Math.max(0, seconds) * unit);
  const hours = Math.floor(whole / (3600 * unit));
  const minutes = Math.floor(whole / (60 * unit)) % 60;
  const rest = ((whole % (60 * unit)) / unit).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** A length of time in words: "12 s", "3 min 20 s", "1 h 5 min". */
export function length(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
}

/** A number as people read it: "54,000". */
export const number = (value) => value.toLocaleString();

/** "1 face", "3 faces". */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

const MOMENT = { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" };

/** A date and time in the reader's own form and time zone, which is named: the ids of sessions have UTC. */
export const when = (iso) => new Date(iso).toLocaleString(undefined, MOMENT);

/** Bytes: "4 GB", "1.5 MB". */
export function bytes(size) {
  for (const [unit, name] of [[1024 ** 3, "GB"], [1024 ** 2, "MB"], [1024, "KB"]]) {
    if (size >= unit) return `${(size / unit).toFixed(1).replace(/\.0$/, "")} ${name}`;
  }
  return count(size, "byte");
}

/** A share, 0..1, as per cent. */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** How a face is called. */
export const faceName = (face) => face.name || `Face ${face.face_id}`;

/** What the server says, as a sentence: with a capital, and a full stop where it has no end. */
export function sentence(text) {
  const said = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(said) ? said : `${said}.`;
}
