// The form for a new study. All or nothing: if one stimulus cannot be taken, no study is made, and the form says why.

import { ApiError, api } from "../shared/api.js";
import { element } from "../shared/elements.js";
import { clock } from "../shared/text.js";
import { send } from "../shared/transfer.js";
import { playable } from "../study/playable.js";
import { studyApi } from "../study/address.js";

export class CreateForm {
  /** `made(id)` once there is a study, `closed()` where the user turns back. */
  constructor(root, { made, closed }) {
    this.root = root;
    this.made = made;
    this.closed = closed;
    this.stimuli = []; // {file or null, name, seconds: inputs, bar, item}
    const { baseline } = root.elements;
    baseline.onchange = () => (root.querySelector("#seconds-field").hidden = !baseline.value);
    root.querySelector("#videos").onchange = (event) => this.#choose(event.target);
    root.querySelector('[data-action="named"]').onclick = () => this.#add(null).name.focus();
    root.querySelector('[data-action="cancel"]').onclick = () => this.#close();
    root.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
  }

  open() {
    this.root.hidden = false;
    this.root.elements.name.focus();
  }

  #close() {
    this.root.hidden = true;
    this.root.reset();
    this.stimuli = [];
    this.root.querySelector("#stimuli").replaceChildren();
    this.#wrong("");
    this.closed();
  }

  async #choose(input) {
    const files = [...input.files];
    input.value = "";
    this.#wrong("");
    for (const file of files) {
      try {
        const seconds = await playable(file);
        this.#add(file, seconds);
      } catch (error) {
        this.#wrong(error.message);
      }
    }
  }

  #add(file, seconds = 30) {
    const name = element("input", { type: "text", maxLength: 200, required: true, "aria-label": "Name", value: file ? file.name.replace(/\.[^.]*$/, "") : "", placeholder: "Name" });
    const length = file
      ? element("span", { className: "quiet number" }, clock(seconds, 1))
      : element("label", { className: "small quiet" }, element("input", { type: "number", min: 0.5, max: 86400, step: "any", value: seconds, required: true, "aria-label": "Seconds" }), " s");
    const bar = element("progress", { max: 1, value: 0, hidden: true });
    const drop = element("button", { type: "button", className: "plain", "aria-label": "Leave it out" }, "Remove");
    const item = element("li", {}, name, length, drop, bar);
    const stimulus = { file, name, seconds: length.querySelector("input"), bar, item };
    drop.onclick = () => {
      this.stimuli = this.stimuli.filter((other) => other !== stimulus);
      item.remove();
      this.root.querySelector('[data-action="named"]').focus();
    };
    this.stimuli.push(stimulus);
    this.root.querySelector("#stimuli").append(item);
    return stimulus;
  }

  async #submit() {
    const { name, consent, where, keep, spectators, baseline, seconds } = this.root.elements;
    if (!this.stimuli.length) return this.#wrong("Say what is watched: add a video, or a name and a duration.");
    this.#busy(true);
    this.#wrong("");
    let study = null;
    try {
      const options = baseline.value ? { baseline: [0, Number(seconds.value)] } : {};
      study = await api("/api/studies", {
        method: "POST",
        body: { name: name.value, consent_text: consent.value, keep_media: keep.checked, allow_spectators: spectators.checked, where: where.value, options },
      });
      for (const stimulus of this.stimuli) await this.#send(study.study, stimulus);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (study) await api(studyApi(study.study), { method: "DELETE" }).catch(() => {});
      this.#busy(false);
      return this.#wrong(error.message);
    }
    this.made(study.study);
  }

  async #send(study, { file, name, seconds, bar }) {
    const address = studyApi(study, "/stimuli");
    if (!file) return api(address, { method: "POST", body: { name: name.value, duration_s: Number(seconds.value) } });
    bar.hidden = false;
    return send(`${address}?name=${encodeURIComponent(name.value)}`, file, (share) => (bar.value = share));
  }

  #busy(busy) {
    for (const control of this.root.querySelectorAll("button, input, select, textarea")) control.disabled = busy;
    this.root.querySelector('[data-action="create"]').textContent = busy ? "Creating…" : "Create study";
  }

  #wrong(text) {
    const note = this.root.querySelector("#wrong");
    note.hidden = !text;
    note.textContent = text;
  }
}
