// Tells screen readers what has changed, calmly: at most one sentence every few seconds, the latest one.

const PAUSE = 3000;

export class Announcer {
  constructor(element) {
    this.element = element;
    this.spoken = "";
    this.last = -Infinity;
    this.timer = 0;
  }

  say(text) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (text === this.spoken) return;
      this.element.textContent = this.spoken = text;
      this.last = performance.now();
    }, Math.max(0, this.last + PAUSE - performance.now()));
  }
}
