// Finding a moment among many.

/** The index of the last value in the ascending `values` that is <= `wanted`; -1 before the first. */
export function lastUpTo(values, wanted) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
