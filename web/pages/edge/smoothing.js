// A causal filter over one face's valence: `stream/faces/smoothing.py`.

export class Smoother {
  constructor(settings) {
    Object.assign(this, { settings, value: 0, deviation: 0, time: null });
  }

  /** The smoothed value at `time` (seconds), given the raw one. */
  next(time, value) {
    const { time_constant: constant, restart, rest, haste, most } = this.settings;
    const gap = this.time === null ? Infinity : time - this.time;
    if (gap > restart || constant === 0) {
      [this.value, this.deviation] = [value, 0];
    } else {
      const [passed, off] = [gap / constant, value - this.value];
      this.deviation += (1 - Math.exp(-passed)) * (off - this.deviation);
      const rate = Math.min(rest + haste * Math.abs(this.deviation), most);
      this.value += (1 - Math.exp(-passed * rate)) * off;
    }
    this.time = time;
    return this.value;
  }
}
