// Which sessions are chosen, by their boxes: all at once, one by one, or with Shift all between two.

import { count } from "../shared/text.js";

export class Choice {
  /** `listed`: gives the sessions that the list shows, in its order. */
  constructor({ body, all, bar, says, listed }) {
    Object.assign(this, { body, all, bar, says, listed });
    this.ids = new Set();
    this.last = null;
    body.addEventListener("click", (event) => {
      if (event.target.matches?.(".pick input")) this.#click(event.target, event.shiftKey);
    });
    all.onchange = () => {
      for (const session of listed()) this.#set(session.session, all.checked);
      this.show();
    };
  }

  /** Those that are chosen and listed. */
  get sessions() {
    return this.listed().filter((session) => this.ids.has(session.session));
  }

  clear() {
    this.ids.clear();
    this.show();
  }

  #set(id, chosen) {
    if (chosen) this.ids.add(id);
    else this.ids.delete(id);
  }

  #click(box, range) {
    const id = box.closest("tr").dataset.session;
    const order = this.listed().map((session) => session.session);
    const [from, to] = [order.indexOf(range && order.includes(this.last) ? this.last : id), order.indexOf(id)].sort((a, b) => a - b);
    for (const one of order.slice(from, to + 1)) this.#set(one, box.checked);
    this.last = id;
    this.show();
  }

  /** Boxes and bar as they should be. */
  show() {
    const [listed, chosen] = [this.listed(), this.sessions.length];
    for (const row of this.body.rows) row.querySelector(".pick input").checked = this.ids.has(row.dataset.session);
    this.all.checked = chosen > 0 && chosen === listed.length;
    this.all.indeterminate = chosen > 0 && chosen < listed.length;
    this.bar.hidden = !chosen;
    this.says.textContent = `${count(chosen, "session")} chosen`;
  }
}
