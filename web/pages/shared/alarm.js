// A line over every page while the server cannot store or read anything; see web/home.py.

import { element } from "./elements.js";

const AGAIN = 5000; // ms between looks, while the page is looked at

const line = element("p", { className: "alarm", hidden: true });
line.setAttribute("role", "alert");
document.querySelector("header.site").after(line);

async function look() {
  if (document.hidden) return;
  try {
    const { status, store } = await (await fetch("/health", { cache: "no-store" })).json();
    say(status === "ok" ? "" : (store ?? "The server cannot read or store anything just now; its log says why."));
  } catch {
    say("The server does not answer. What this page shows may be old.");
  }
}

function say(text) {
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}

document.addEventListener("visibilitychange", look);
setInterval(look, AGAIN);
look();
