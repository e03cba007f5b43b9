// The film strip under the curve: what the stimulus shows at each moment that is in view.

export class Strip {
  constructor(root, chart) {
    this.root = root;
    this.picture = Object.assign(document.createElement("img"), { alt: "" });
    this.address = null;
    this.picture.onload = () => (root.hidden = false);
    chart.root.addEventListener("look", ({ detail }) => this.#look(detail, chart.duration));
  }

  /** `address`: of the pictures of the whole stimulus side by side; null where it has none. */
  show(address) {
    if (address === this.address) return;
    this.address = address;
    this.root.hidden = true;
    this.root.replaceChildren();
    if (!address) return;
    this.root.append(this.picture);
    this.picture.src = address;
  }

  #look({ from, to, left, right }, duration) {
    // In shares, for on paper all of it has another width.
    const share = (length, of) => `${(100 * length) / of}%`;
    const { paddingLeft, paddingRight } = getComputedStyle(this.root.parentElement);
    const whole = this.root.parentElement.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    this.root.style.marginLeft = share(left, whole);
    this.root.style.width = share(right - left, whole);
    this.picture.style.width = share(duration, to - from);
    this.picture.style.marginLeft = share(-from, to - from);
  }
}
