// What the participant's page shows in each of its states: words on a card, or the stage with camera or stimulus.

import { Panel } from "../shared/camera/panel.js";

const ON_STAGE = ["check", "playing", "paused"];

export class View {
  constructor(root, announcer) {
    this.root = root;
    this.panel = new Panel(root);
    this.announcer = announcer;
    this.parts = Object.fromEntries(["state", "stage", "picture", "screen", "hint", "sound-hint", "outage", "state-title", "stage-title"].map((id) => [id, root.querySelector(`#${id}`)]));
    this.play = root.querySelector('[data-action="play"]');
  }

  get state() {
    return this.root.dataset.state;
  }

  /** The stage, under a heading. */
  enter(state, heading) {
    this.root.dataset.state = state;
    const { parts } = this;
    const onStage = ON_STAGE.includes(state);
    parts.state.hidden = onStage;
    parts.stage.hidden = !onStage;
    parts.picture.hidden = state !== "check";
    parts.screen.hidden = state === "check";
    parts["sound-hint"].hidden = true;
    this.play.textContent = state === "playing" ? "Pause" : "Play";
    const title = parts[onStage ? "stage-title" : "state-title"];
    if (onStage) title.textContent = heading;
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  /** Words: {title, text}, and what can be done: [label, function] each. */
  tell(state, words, actions) {
    this.panel.show(words, actions);
    this.enter(state);
    this.announcer.say(words.title);
  }

  /** Why the camera does not open (see shared/camera/camera.js). */
  camera(kind, retry) {
    this.announcer.say(this.panel.error(kind, retry));
    this.enter("failed");
  }

  /** What is wrong with the server, beside whatever else is said; "" when it is over. */
  outage(text) {
    const { outage } = this.parts;
    if (text && outage.hidden) this.announcer.say(text);
    outage.hidden = !text;
    outage.textContent = text;
  }

  /** A line beside the hint, until the stimulus plays. */
  say(text) {
    this.parts["sound-hint"].textContent = text;
    this.parts["sound-hint"].hidden = false;
    this.announcer.say(text);
  }

  /** A line under the stage; "" for none. `kind`: good or poor. */
  hint(text, kind = "") {
    const { hint } = this.parts;
    if (hint.textContent === text) return;
    hint.textContent = text;
    hint.className = `guidance ${kind}`;
    if (text) this.announcer.say(text);
  }
}
