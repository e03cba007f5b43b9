// What an analysis found, on the page that asked for it.

import { api, sessionApi, sessionPage } from "../shared/api.js";
import { element } from "../shared/elements.js";
import { valenceText, valenceWord } from "../shared/palette.js";
import { faceName, sentence } from "../shared/text.js";
import { thumbnail } from "../shared/thumbnail.js";

const MOST = 8; // faces told one by one

/** Shows what was found. Returns what is to be known of the file, in sentences. */
export async function result(session, box, actions) {
  const open = element("a", { className: "button", href: sessionPage(session), data: { action: "open" } }, "Open session");
  actions.append(open);
  let found;
  try {
    found = await api(sessionApi(session));
  } catch {
    return []; // the link stays
  }
  const faces = found.faces.slice(0, MOST).map((face) =>
    element(
      "li",
      { data: { faceId: face.face_id, valence: face.valence_mean } },
      faceName(face),
      element("b", { className: "number" }, valenceText(face.valence_mean)),
      element("span", { className: "quiet small" }, valenceWord(face.valence_mean)),
    ),
  );
  if (found.faces.length > MOST) faces.push(element("li", { className: "quiet" }, `and ${found.faces.length - MOST} more`));
  const picture =
    found.kind === "image" && found.files.annotated
      ? element("img", { src: found.files.annotated, alt: `${found.name} with the faces that were found` })
      : found.curve.length ? thumbnail(found.curve, found.duration_s) : null;
  box.replaceChildren(...[picture, element("ul", {}, ...faces)].filter(Boolean));
  box.hidden = false;
  return found.events.filter((event) => event.kind === "source").map((event) => sentence(event.text));
}
