// The links by which people take part: made, copied, closed; and who is here by one just now.

import { element, renew } from "../shared/elements.js";
import { linkField } from "../shared/link.js";
import { when } from "../shared/text.js";
import { studyApi } from "./address.js";

/** `study` as the server has it; `invite()`, `close(link)`. */
export function showInvitation(root, study, stimulus, { invite, close }) {
  const links = study.links.links.filter((link) => link.open && link.stimulus === stimulus.id);
  const made = JSON.stringify([stimulus.id, links, study.links.advice]);
  if (root.dataset.made !== made) {
    root.dataset.made = made;
    renew(
      root,
      element("div", { className: "links" }, ...links.map((link) => shown(study.study, link, close))),
      links.length
        ? element("p", { className: "small quiet" }, "Whoever opens it is asked for consent, then watches while their camera is read. One person after the other can use it; this page follows by itself.")
        : element("p", { className: "small quiet" }, "Nobody can take part yet: make a link, and send it to those whom you invite."),
      links.length && study.links.advice ? element("p", { className: "note warn small", data: { advice: "" } }, study.links.advice) : "",
      element("button", { className: links.length ? "plain" : "primary", data: { action: "invite" }, onclick: invite }, links.length ? "Another link…" : "Make a link"),
      element("p", { className: "small live", data: { here: "0" } }),
    );
  }
  const now = study.taking_part[stimulus.id] ?? 0;
  const live = root.querySelector(".live");
  live.dataset.here = now;
  const text = now === 0 ? "" : now === 1 ? "One person is here now." : `${now} people are here now.`;
  const looks = now ? study.shown.map((session) => element("a", { href: `/live/${encodeURIComponent(session)}`, target: "_blank" }, "Look on")) : [];
  live.replaceChildren(text, ...looks.flatMap((look) => [" ", look]));
}

function shown(study, link, close) {
  const facts = [link.note, `made ${when(link.created)}`, link.expires ? `open until ${when(link.expires)}` : ""].filter(Boolean).join(" · ");
  return element(
    "div",
    { data: { link: link.key } },
    linkField(link.address, "Link for participants"),
    element(
      "div",
      { className: "link-foot small quiet" },
      element("span", { className: "facts" }, facts),
      element("a", { href: link.address, target: "_blank" }, "Open it here"),
      element("a", { href: studyApi(study, `/links/${link.key}/qr.svg`), target: "_blank" }, "QR code"),
      element("button", { className: "plain", data: { action: "close-link" }, onclick: () => close(link) }, "Close it…"),
    ),
  );
}
