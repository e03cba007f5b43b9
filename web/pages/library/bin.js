// What was deleted: for a while it can be had back, then the server is told.

import { api, sessionApi } from "../shared/api.js";
import { element } from "../shared/elements.js";
import { count } from "../shared/text.js";

export const WHILE = 20; // seconds

export class Bin {
  /** `changed`: called when sessions leave the list or come back, with true when they are gone for good; `failed`: with
   * what the server refused, as sentences. */
  constructor(notice, { changed, failed }) {
    this.notice = notice;
    this.changed = changed;
    this.failed = failed;
    this.held = new Set();
    this.timer = null;
    addEventListener("pagehide", () => this.#leave());
  }

  has(session) {
    return this.held.has(session.session);
  }

  /** Take `sessions` out of the list; what was taken before is deleted now. */
  async take(sessions) {
    await this.empty();
    this.held = new Set(sessions.map((session) => session.session));
    const undo = element("button", { data: { action: "undo" }, onclick: () => this.#giveBack() }, "Undo");
    const what = sessions.length === 1 ? `“${sessions[0].name}”` : count(sessions.length, "session");
    this.notice.replaceChildren(element("span", {}, `${what} will be deleted in ${WHILE} seconds.`), undo);
    this.notice.hidden = false;
    this.timer = setTimeout(() => this.empty(), WHILE * 1000);
    this.changed(false);
  }

  #giveBack() {
    clearTimeout(this.timer);
    this.held.clear();
    this.notice.hidden = true;
    this.changed(false);
  }

  /** Delete for good what is held. */
  async empty() {
    clearTimeout(this.timer);
    if (!this.held.size) return;
    const refused = [];
    for (const session of this.held) {
      try {
        await api(sessionApi(session), { method: "DELETE" });
      } catch (error) {
        if (error.status !== 404) refused.push(`${session}: ${error.message}`);
      }
    }
    this.held.clear();
    this.notice.hidden = true;
    await this.changed(true);
    if (refused.length) this.failed(refused);
  }

  /** The page goes: what is held is deleted without it. */
  #leave() {
    for (const session of this.held) fetch(sessionApi(session), { method: "DELETE", keepalive: true });
    this.held.clear();
  }
}
