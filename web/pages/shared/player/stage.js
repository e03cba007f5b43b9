// The place of the picture: as large as fits, in its own proportions, the boxes exactly over it.

import { element } from "../elements.js";

export class Stage {
  constructor(section, screen, note) {
    this.section = section;
    this.screen = screen;
    this.note = note;
  }

  /** `media`: {element, size, note}, size in pixels; `overlay`: {element} or none; a click on the picture calls `play`. */
  show(media, overlay, play) {
    const [width, height] = media.size;
    const picture = element("div", { className: "picture" }, media.element);
    picture.style.setProperty("--ratio", `${width / height}`);
    if (overlay) picture.append(overlay.element);
    picture.addEventListener("click", play);
    this.screen.replaceChildren(picture);
    this.note.textContent = media.note;
    this.note.hidden = !media.note;
    this.section.hidden = false;
  }
}
