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
    const wide = ((right - left) * duration) / (to - from);
    this.root.style.marginLeft = `${left}px`;
    this.root.style.width = `${right - left}px`;
    this.picture.style.width = `${wide}px`;
    this.picture.style.marginLeft = `${(-from / duration) * wide}px`;
  }
}
