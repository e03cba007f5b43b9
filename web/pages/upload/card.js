// One file in the queue: its transfer, its analysis, its result.

import { element, renew } from "../shared/elements.js";
import { bytes, count, length, sentence } from "../shared/text.js";
import { result } from "./result.js";

export class JobCard {
  /** `choose` opens the choice of files; `remove` cancels or forgets this one. */
  constructor({ id, name, choose, remove }) {
    this.id = id;
    this.name = name;
    this.choose = choose;
    this.remove = remove;
    this.status = "";
    this.says = element("p", { className: "says number" });
    this.bar = element("progress", { max: 1, hidden: true, "aria-label": `Progress of ${name}` });
    this.actions = element("div", { className: "actions" });
    this.result = element("div", { className: "result", hidden: true });
    this.element = element(
      "li",
      { className: "job card" },
      element("p", { className: "name", title: name }, name),
      this.actions,
      this.says,
      this.bar,
      this.result,
    );
  }

  get finished() {
    return ["done", "failed"].includes(this.status);
  }

  waits(size) {
    this.#is("waiting", `${bytes(size)} · waits to be sent`, null, [this.#button("Cancel")]);
  }

  /** On its way: `sent` of `size` bytes. */
  goes(sent, size) {
    const text = sent < size ? `Uploading · ${bytes(sent)} of ${bytes(size)}` : "Uploaded · being stored";
    this.#is("uploading", text, sent / size, [this.#button("Cancel")]);
  }

  /** `another`: whether a different file is the remedy; `retry`: a function, if trying again may be. */
  fail(text, another, retry = null) {
    this.#is("failed", text, undefined, [
      retry ? element("button", { onclick: retry }, "Try again") : null,
      another ? element("button", { onclick: this.choose, data: { action: "choose-another" } }, "Choose another file") : null,
      this.#button("Dismiss"),
    ]);
  }

  /** As the server says (see GET /api/analyses). */
  show(job) {
    this.element.dataset.analysis = job.id;
    if (job.status === "queued") {
      const text = job.ahead ? `In the queue · ${count(job.ahead, "other")} first` : "In the queue · is next";
      this.#is("queued", text, 0, [this.#button("Cancel")]);
    } else if (job.status === "running") {
      this.#is("running", running(job), job.frames_expected ? job.progress : null, [this.#button("Cancel")]);
    } else if (job.status === "failed") {
      if (this.status !== "failed") this.fail(remedy(job.error), true);
    } else if (this.status !== "done") {
      this.#is("done", "Analysed and stored", undefined, []);
      result(job.session, this.result, this.actions).then((known) => {
        if (known.length) this.says.textContent = `Stored. ${known.join(" ")}`;
        this.element.classList.toggle("warned", known.length > 0);
      });
    }
  }

  /** `share`: 0..1 for the bar, null where nobody knows, undefined for no bar. */
  #is(status, text, share, actions) {
    if (this.says.textContent !== text) this.says.textContent = text;
    this.bar.hidden = share === undefined;
    if (share === null) this.bar.removeAttribute("value");
    else if (share !== undefined) this.bar.value = share;
    if (status === this.status) return;
    this.status = status;
    this.element.dataset.status = status;
    this.element.className = `job card ${status}`;
    const focused = this.actions.contains(document.activeElement);
    renew(this.actions, ...actions.filter(Boolean));
    if (focused) this.actions.querySelector("button, a")?.focus();
  }

  #button(label) {
    const text = `${label} ${this.name}`;
    return element("button", { className: "plain", "aria-label": text, onclick: () => this.remove() }, label);
  }
}

function running(job) {
  const parts = ["Analysing"];
  if (job.frames) {
    const frames = job.frames.toLocaleString();
    parts.push(job.frames_expected ? `${frames} of ${count(job.frames_expected, "frame")}` : count(job.frames, "frame"));
    parts.push(`${Math.round(job.fps)} frames/s`);
  }
  if (job.left_s !== null && job.frames) parts.push(`${length(job.left_s)} left`);
  return parts.join(" · ");
}

/** An error as a sentence that asks for the remedy. */
function remedy(error) {
  const ended = sentence(error);
  return /choose another/.test(ended) ? ended : `${ended} Please choose another file.`;
}
