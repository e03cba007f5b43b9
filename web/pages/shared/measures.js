// What a network may say of a face beside its valence: under which names, and how it is read.

import { valenceText } from "./palette.js";
import { percent } from "./text.js";

export const ERROR = "valence_error";
const SHARE = "expression_";

/** Whether a sample's column is such an output. */
export const isMeasure = (column) => column === "arousal" || column.startsWith(SHARE);

/** "Arousal", "Happiness". */
export function measureName(column) {
  const name = column.replace(SHARE, "");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A value of it as people read it: a share as per cent, another one as valence. */
export const measureText = (column, value) => (column.startsWith(SHARE) ? percent(value) : valenceText(value));

/** "± 0.12". */
export const errorText = (error) => `± ${error.toFixed(2)}`;

/** Fill a <select> with what there is to choose; `first`: the text of its empty choice. Hidden where there is nothing. */
export function offer(select, label, measures, first) {
  label.hidden = !measures.length;
  if (select.dataset.offered === measures.join()) return;
  select.dataset.offered = measures.join();
  const before = select.value;
  select.replaceChildren(new Option(first, ""), ...measures.map((column) => new Option(measureName(column), column)));
  select.value = measures.includes(before) ? before : "";
}
