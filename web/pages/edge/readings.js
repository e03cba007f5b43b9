// What the valence network's outputs say: `inference/outputs.py`, with the manifest's own entries.

/** {valence, spread, arousal, expressions}; null for what the network does not say. `raw`: each output's numbers of one face. */
export function reading(raw, output) {
  const { slope, intercept, below } = output.calibration;
  const straight = slope * scalar(raw, output.valence) + intercept;
  return {
    valence: cut(straight < 0 ? below * straight : straight, -1, 1),
    spread: output.spread === null ? null : Math.exp(cut(raw[output.spread][0], -6, 2)),
    arousal: output.arousal === null ? null : cut(scalar(raw, output.arousal), -1, 1),
    expressions: output.expressions === null ? null : shares(raw, output.expressions),
  };
}

/** One standard error of a reading. */
export function errorOf({ offset, power }, spread, quality, valence) {
  const at = ([constant, poor, strong]) => constant + poor * (1 - quality) + strong * Math.abs(valence);
  return Math.exp(Math.min(0, at(offset) + at(power) * Math.log(spread)));
}

const cut = (value, low, high) => Math.min(Math.max(value, low), high);

function scalar(raw, { name, index, range: [low, high] }) {
  return ((raw[name][index ?? 0] - low) / (high - low)) * 2 - 1;
}

function shares(raw, { name, expressions, index, logits }) {
  let values = raw[name].slice(index, index + expressions.length);
  if (logits) {
    const most = Math.max(...values);
    values = values.map((value) => Math.exp(value - most));
  }
  values = values.map((value) => Math.max(value, 0));
  const sum = Math.max(values.reduce((a, b) => a + b, 0), 1e-6);
  return Object.fromEntries(expressions.map((expression, i) => [expression, values[i] / sum]));
}
