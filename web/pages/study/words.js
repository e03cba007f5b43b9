// Figures of an audience as sentences; every one says how many viewers it rests on.

import { valenceText } from "../shared/palette.js";
import { count, percent } from "../shared/text.js";

export const viewers = (n) => count(n, "viewer");

/** "+0.22 to +0.38", or "" where there are no limits. */
export const limits = ({ low, high }) => (low === null ? "" : `${valenceText(low)} to ${valenceText(high)}`);

/** "95 % interval +0.22 to +0.38, n = 12". */
export const certainty = (one) => `${one.low === null ? "" : `95 % interval ${limits(one)}, `}n = ${one.n}`;

/** How the curve is to be read: its scale where that is not the whole one, and what counts as zero. */
export function reading(limit, baseline) {
  const scale = limit < 1 ? `The scale runs from −${limit} to +${limit}, not from −1 to +1.` : "";
  const zero = baseline ? `Zero is each viewer’s own mean from ${baseline[0]} to ${baseline[1]} s: the curve shows changes from there.` : "";
  return [scale, zero].filter(Boolean).join(" ");
}

/** What is to be known of the curve before it is looked at. */
export function caution({ viewers: n, viewer_list: list, method, excluded, options }) {
  if (!list.length) return "No viewers yet. Invite some, or attach sessions that were recorded elsewhere.";
  const out = [
    [excluded.no_overlap.length, "without a sample during the stimulus"],
    [excluded.low_coverage.length, `seen well for less than ${percent(options.min_coverage)} of it`],
    [excluded.no_baseline.length, "not seen during the baseline"],
  ].filter(([number]) => number);
  const why = out.map(([number, reason]) => `${number} ${reason}`).join(", ");
  if (!n) return `No viewer can be used: ${why}.`;
  const left = why ? ` Left out: ${why}.` : "";
  if (n === 1) return `One viewer: this is how one person looked, without a confidence band.${left}`;
  const least = method.min_viewers_for_a_band;
  if (n < least) return `${viewers(n)}: a confidence band needs at least ${least}, so none is shown.${left}`;
  return `Mean of ${viewers(n)} with a pointwise 95 % confidence band.${left}`;
}
