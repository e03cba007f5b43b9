// The states that a person meets, said in words over the picture.

/** What a person agrees to who starts a camera on the live page; `estimates`: what is estimated of a face. */
export const consentTo = (estimates) =>
  "The camera's picture, without sound, goes to the Valence Detector's server. There, several times a second, every " +
  `face in view is found, and it is estimated ${estimates}. The numbers are stored with their times; the picture is not.`;

/** Shown before a camera opens; pressing Start is the agreement. */
export const idle = (estimates) => ({
  title: "See a reaction as it happens",
  list: [
    "Your browser asks for the camera; its picture goes to this server only.",
    `Of every face in view it is estimated ${estimates}.`,
    "Stored: these numbers with their times. Not stored: the picture.",
    "You can pause or stop at any time, and delete the session afterwards.",
  ],
  text: ["Everyone in view should know. Pressing Start means that you agree."],
});

const ERRORS = {
  insecure: {
    title: "The camera needs a secure address",
    text: [
      "Browsers open a camera only on https:// pages, or on this computer itself.",
      "Open this page as http://localhost, or ask whoever runs the server to put it behind https.",
    ],
  },
  denied: {
    title: "The camera is not allowed",
    text: ["Allow it in the browser's address bar (the camera or the site settings symbol), then try again."],
    retry: true,
  },
  missing: {
    title: "No camera found",
    text: ["Connect a camera, or choose another one below, then try again."],
    retry: true,
  },
  busy: {
    title: "The camera is in use",
    text: ["Another program seems to hold it. Close that program, then try again."],
    retry: true,
  },
  failed: { title: "The camera did not open", text: ["Try again, or choose another camera below."], retry: true },
};

export class Panel {
  constructor(root) {
    this.root = root;
    this.panel = root.querySelector("#state");
    this.title = root.querySelector("#state-title");
    this.text = root.querySelector("#state-text");
    this.actions = root.querySelector("#state-actions");
    this.badge = root.querySelector("#badge");
  }

  /** `actions`: [label, function] each; the first is the main one. */
  show({ title, text = [], list = [] }, actions = []) {
    this.title.textContent = title;
    const lines = text.map((line) => Object.assign(document.createElement("p"), { textContent: line }));
    const points = list.map((line) => Object.assign(document.createElement("li"), { textContent: line }));
    const bullets = document.createElement("ul");
    bullets.append(...points);
    this.text.replaceChildren(...(points.length ? [bullets] : []), ...lines);
    this.actions.replaceChildren(
      ...actions.map(([label, act], i) => {
        const button = document.createElement(typeof act === "string" ? "a" : "button");
        button.textContent = label;
        if (typeof act === "string") button.href = act;
        else button.onclick = act;
        button.className = i ? "button" : "button primary";
        return button;
      }),
    );
    this.panel.hidden = false;
    this.note("");
  }

  error(kind, retry) {
    const error = ERRORS[kind];
    this.show(error, error.retry ? [["Try again", retry]] : []);
    return error.title;
  }

  hide() {
    this.panel.hidden = true;
  }

  /** A few words on the picture; "" for none. */
  note(text) {
    this.badge.hidden = !text;
    this.badge.textContent = text;
  }
}
