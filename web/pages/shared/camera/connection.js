// One WebRTC connection to the server: an offer, two data channels, a sign of life every two seconds.

const ALIVE = 2000;
const CONNECT = 15000; // ms until a connection that does not come up is given up
const SILENT = 2500; // ms without a message after which the page asks whether the session still lives
const TRIES = 10; // while others behind the same address are just beginning
const PATIENCE = 10; // s that the server may ask to wait between them

export class OfferError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status; // HTTP status; 0: the server could not be reached
  }
}

export class Connection extends EventTarget {
  // Events: "frame" (detail: message), "control" (detail: message), "track" (detail: stream),
  // "lost": it broke off and was not closed from here.

  /** `door`: {settings, offer: addresses; alive(answer): address that says {live}} of what may be asked for. */
  constructor(door) {
    super();
    this.door = door;
    this.peer = null;
    this.session = null;
    this.closed = false;
    this.timers = [];
  }

  /** Connect. `stream`: the camera to send; null to receive. `extra`: more fields of the offer. */
  async open(stream, extra = {}) {
    const settings = await this.#json(this.door.settings);
    const peer = (this.peer = new RTCPeerConnection({ iceServers: settings.ice_servers }));
    this.frames = peer.createDataChannel("valence");
    this.control = peer.createDataChannel("control");
    this.heard = performance.now();
    this.frames.onmessage = (event) => {
      this.heard = performance.now();
      this.#emit("frame", JSON.parse(event.data));
    };
    this.control.onmessage = (event) => this.#emit("control", JSON.parse(event.data));
    peer.ontrack = (event) => this.#emit("track", event.streams[0] ?? new MediaStream([event.track]));
    peer.onconnectionstatechange = () => this.#changed();
    if (stream) this.sender = await this.#send(stream.getVideoTracks()[0], stream);
    else peer.addTransceiver("video", { direction: "recvonly" });

    await peer.setLocalDescription();
    await this.#gathered();
    const { sdp, type } = peer.localDescription;
    const answer = await this.#json(this.door.offer, { sdp, type, ...extra });
    if (this.closed) return;
    this.session = answer.session;
    this.answer = answer;
    await peer.setRemoteDescription({ sdp: answer.sdp, type: answer.type });
    this.timers.push(setInterval(() => this.say("alive"), ALIVE));
    this.timers.push(setInterval(() => this.#check(), 1000));
    this.timers.push(setTimeout(() => peer.connectionState === "connected" || this.#lost(), CONNECT));
  }

  /** A command to the server: alive, pause, resume, stop. */
  say(type) {
    if (this.control?.readyState === "open") this.control.send(JSON.stringify({ type }));
  }

  /** Send the picture smaller by this factor, 1 or more. */
  shrink(factor) {
    return this.#encode({ scaleResolutionDownBy: factor });
  }

  /** Send at most so many frames a second. */
  limit(rate) {
    return this.#encode({ maxFramerate: rate });
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    this.timers.forEach(clearTimeout);
    this.say("stop");
    this.peer?.close();
  }

  async #encode(changes) {
    const parameters = this.sender.getParameters();
    for (const encoding of parameters.encodings ?? []) Object.assign(encoding, changes);
    await this.sender.setParameters(parameters).catch(() => {}); // a browser that cannot sends as before
  }

  async #send(track, stream) {
    track.contentHint = "detail"; // Chromium: rather fewer frames than a smaller picture
    const sender = this.peer.addTrack(track, stream);
    const parameters = sender.getParameters();
    parameters.degradationPreference = "maintain-resolution";
    for (const encoding of parameters.encodings ?? []) encoding.maxBitrate = 4_000_000;
    try {
      await sender.setParameters(parameters);
    } catch {
      track.contentHint = "motion"; // a browser that does not know it sends as it likes
    }
    return sender;
  }

  #gathered() {
    const { peer } = this;
    return new Promise((resolve) => {
      const done = () => peer.iceGatheringState === "complete" && resolve();
      peer.onicegatheringstatechange = done;
      setTimeout(resolve, 2000); // a server that does not answer must not hold up the rest
      done();
    });
  }

  #changed() {
    const state = this.peer.connectionState;
    if (state === "failed" || state === "closed") this.#lost();
  }

  // A killed server says nothing, and ICE takes many seconds to notice.
  async #check() {
    if (this.checking || performance.now() - this.heard < SILENT) return;
    this.checking = true;
    try {
      const response = await fetch(this.door.alive(this.answer), { signal: AbortSignal.timeout(SILENT) });
      // 5xx: it runs, and cannot look into its database just now; the session may well go on.
      if (response.ok ? !(await response.json()).live : response.status < 500) this.#lost();
    } catch {
      this.#lost();
    }
    this.checking = false;
  }

  #lost() {
    if (this.closed) return;
    this.close();
    this.dispatchEvent(new Event("lost"));
  }

  #emit(name, detail) {
    if (!this.closed) this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #json(url, body) {
    return request(url, body, () => !this.closed);
  }
}

/**
 * What the server answers, as JSON. Where too many behind the same address are just beginning, it waits as it is told
 * to, and asks again while `wanted()`. Throws OfferError.
 */
export async function request(url, body, wanted = () => true, tries = TRIES) {
  const given = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let response;
  try {
    response = await fetch(url, given);
  } catch {
    throw new OfferError(0, "The server cannot be reached.");
  }
  const answer = await response.json().catch(() => ({}));
  const wait = response.status === 429 ? Number(response.headers.get("retry-after")) : 0;
  if (wait > 0 && wait <= PATIENCE && tries > 1) {
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    if (wanted()) return request(url, body, wanted, tries - 1);
  }
  if (!response.ok) throw new OfferError(response.status, answer.detail ?? `The server answered ${response.status}.`);
  return answer;
}
