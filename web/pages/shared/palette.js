// Valence as colour: orange (negative) over grey to blue (positive). The hues are told apart with every common
// colour vision; a number or a word always stands beside the colour.

// On the picture: the same scale as in annotated videos (stream/drawing/overlay.py). On the page's own ground the tokens
// --negative, --neutral and --positive of base.css take its place.
const STOPS = [
  [-1, [240, 92, 16]],
  [-0.5, [252, 158, 60]],
  [0, [236, 234, 228]],
  [0.5, [96, 190, 250]],
  [1, [30, 146, 250]],
];

/** The CSS colour of a valence, -1..1; beyond, the ends of the scale. */
export function valenceColour(valence) {
  const value = Math.min(1, Math.max(-1, valence));
  const next = Math.max(1, STOPS.findIndex(([stop]) => stop >= value));
  const [low, from] = STOPS[next - 1];
  const [high, to] = STOPS[next];
  const share = (value - low) / (high - low);
  return `rgb(${from.map((channel, i) => Math.round(channel + share * (to[i] - channel))).join(" ")})`;
}

/** The value as people read it: always with a sign, with a true minus. */
export function valenceText(valence) {
  const digits = Math.abs(valence).toFixed(2);
  if (digits === "0.00") return "0.00";
  return (valence < 0 ? "−" : "+") + digits;
}

/** The value in a word, as reports have it; `neutral`: half the width of what counts as neutral. */
export function valenceWord(valence, neutral = 0.1) {
  if (Math.abs(valence) <= neutral) return "neutral";
  return `${Math.abs(valence) > 0.3 ? "clearly" : "slightly"} ${valence > 0 ? "positive" : "negative"}`;
}
