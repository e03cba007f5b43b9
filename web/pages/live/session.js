// What is stored of this session, who looks on, and what became of one that broke off.

import { api, sessionApi } from "../shared/api.js";
import { ask } from "../shared/dialog.js";
import { linkField } from "../shared/link.js";

const CLOSING = 300; // ms between tries to delete what the server is still closing
const TRIES = 30;

export class SessionBox {
  constructor(element) {
    this.element = element;
    this.stored_ = document.createElement("p");
    this.note = document.createElement("p");
    this.spectators = document.createElement("p");
    element.append(this.stored_, this.spectators, this.note);
    this.count = 0;
  }

  clear() {
    this.element.hidden = true;
    for (const line of this.element.children) line.replaceChildren();
  }

  live(session) {
    this.element.hidden = false;
    this.element.dataset.session = session;
    const name = Object.assign(document.createElement("code"), { textContent: session });
    this.stored_.replaceChildren("Stored as it happens, numbers only: ", name);
    this.count = -1;
    this.watched(0);
  }

  watched(count) {
    if (count === this.count) return;
    this.count = count;
    const session = this.element.dataset.session;
    const text = count === 0 ? "Nobody looks on. " : count === 1 ? "One person looks on. " : `${count} people look on. `;
    this.counted ??= document.createElement("span");
    this.counted.textContent = text;
    if (this.counted.parentElement === this.spectators) return;
    const make = Object.assign(document.createElement("button"), { className: "plain", textContent: "Link for someone to look on…" });
    make.dataset.action = "invite";
    make.onclick = () => this.#invite(session, make);
    this.spectators.replaceChildren(this.counted, make);
  }

  /** A link by which somebody may look on as long as this session is live. */
  async #invite(session, button) {
    button.disabled = true;
    try {
      const { address, advice } = await api(`/api/live/${encodeURIComponent(session)}/links`, { method: "POST", body: {} });
      this.spectators.append(linkField(address, "Link for spectators"));
      if (advice) this.spectators.append(Object.assign(document.createElement("span"), { className: "quiet", textContent: advice }));
      button.remove();
    } catch (error) {
      button.disabled = false;
      this.say(error.message);
    }
  }

  stored(session) {
    this.element.hidden = false;
    this.spectators.replaceChildren();
    const link = Object.assign(document.createElement("a"), {
      href: `/sessions/${encodeURIComponent(session)}`,
      textContent: session,
    });
    this.stored_.replaceChildren("Stored: ", link);
  }

  /** Give the session `name`, which is not empty. */
  async rename(session, name) {
    try {
      await api(sessionApi(session), { method: "PATCH", body: { name } });
    } catch (error) {
      this.say(`It was not renamed. ${error.message}`);
    }
  }

  /** Ask, then delete `session`, which has just been stopped. Whether it is gone. */
  async remove(session) {
    const text = "Its numbers are removed from the server for good.";
    if (!(await ask({ title: "Delete this session?", text, confirm: "Delete", danger: true }))) return false;
    for (let tries = TRIES; ; tries--) {
      try {
        await api(sessionApi(session), { method: "DELETE" });
      } catch (error) {
        if (error.status === 409 && tries) {
          await new Promise((resolve) => setTimeout(resolve, CLOSING));
          continue;
        }
        if (error.status !== 404) {
          this.say(`It was not deleted. ${error.message}`);
          return false;
        }
      }
      this.clear();
      return true;
    }
  }

  say(text) {
    this.element.hidden = false;
    this.note.textContent = text;
  }

  /** Say what the server has of `session`, which broke off. */
  async kept(session) {
    let text = "";
    try {
      const response = await fetch(`/api/live/${encodeURIComponent(session)}`);
      if (response.ok) {
        const { state, duration_s: seconds } = await response.json();
        const became = state === "interrupted" ? "was interrupted" : "ended";
        text = `The connection was lost: session ${session} ${became} and is kept up to ${seconds.toFixed(1)} s. A new one has begun.`;
      } else text = "The connection was lost; nothing of the session before was kept. A new one has begun.";
    } catch {
      text = "The connection was lost. A new session has begun.";
    }
    this.say(text);
    return text;
  }
}
