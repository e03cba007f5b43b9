// What is stored of this session, who watches, and what became of one that broke off.

export class SessionBox {
  constructor(element) {
    this.element = element;
    this.stored_ = document.createElement("p");
    this.note = document.createElement("p");
    this.viewers = document.createElement("p");
    element.append(this.stored_, this.viewers, this.note);
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
    const link = Object.assign(document.createElement("a"), {
      href: `/live/${encodeURIComponent(session)}`,
      target: "_blank",
      textContent: "Link for someone to watch",
    });
    const text = count === 0 ? "Nobody else is watching. " : count === 1 ? "One person is watching. " : `${count} people are watching. `;
    this.viewers.replaceChildren(text, link);
  }

  stored(session) {
    this.element.hidden = false;
    this.viewers.replaceChildren();
    const link = Object.assign(document.createElement("a"), {
      href: `/sessions/${encodeURIComponent(session)}`,
      textContent: session,
    });
    this.stored_.replaceChildren("Stored: ", link);
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
