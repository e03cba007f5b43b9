// Tells the server where the player was when, while somebody watches.

import { api } from "../shared/api.js";
import { wallClock } from "../shared/camera/clock.js";
import { Knots } from "./knots.js";

const SAMPLE = 50; // ms between looks at the player
const SEND = 1000; // ms between messages to the server

export class Report {
  /** `address`: this viewing's; `clock`: see session_clock.js; `stimulus`: see stimulus.js. */
  constructor(address, clock, stimulus) {
    this.address = address;
    this.clock = clock;
    this.stimulus = stimulus;
    this.knots = new Knots();
    this.sent = "";
    this.timers = [];
  }

  begin() {
    this.look();
    this.timers = [setInterval(() => this.look(), SAMPLE), setInterval(() => this.#send(), SEND)];
  }

  /** Note where the player is now. */
  look() {
    if (this.over) return;
    this.knots.add(wallClock(performance.now()), this.stimulus.time);
  }

  /** What is told from now on is another viewing's, which began at the moment `began` (ms since 1970). */
  move(address, began) {
    const { list } = this.knots;
    const next = list.findIndex(([at]) => at > began);
    if (next > 0) {
      const [[from, before], [to, after]] = list.slice(next - 1, next + 1);
      list.splice(0, next, [began, before + ((began - from) / (to - from)) * (after - before)]);
    }
    Object.assign(this, { address, began, sent: "" });
  }

  /** The second of the session at which the player was last looked at. */
  get seconds() {
    return this.clock.seconds(this.knots.list.at(-1)[0]);
  }

  /** Tell the server that it is over. Throws ApiError where it cannot be told. */
  async end() {
    await api(this.#path("/end"), { method: "POST", body: this.#body() });
  }

  /** Look a last time. */
  stop() {
    this.look();
    this.over = true;
    this.timers.forEach(clearInterval);
  }

  /** The page goes: the latest may still reach the server. */
  leave() {
    this.look();
    navigator.sendBeacon(this.#path("/clock"), new Blob([JSON.stringify(this.#body())], { type: "application/json" }));
  }

  async #send() {
    const body = this.#body();
    const text = JSON.stringify(body);
    if (text === this.sent || !body.knots.length) return;
    try {
      await api(this.#path("/clock"), { method: "POST", body });
      this.sent = text;
    } catch {
      // the next message has all that this one had
    }
  }

  #path(rest) {
    return `${this.address}${rest}`;
  }

  #body() {
    const knots = this.knots.list.map(([at, seconds]) => [at === this.began ? 0 : this.clock.seconds(at), seconds]);
    return { knots: knots.filter(([at]) => Number.isFinite(at)).map((knot) => knot.map((value) => Number(value.toFixed(4)))) };
  }
}
