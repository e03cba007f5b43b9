// What there is to see of a session, and in which of its files: the recording, or else the annotated copy.

import { api, sessionApi } from "../shared/api.js";
import { element } from "../shared/elements.js";
import { Timer } from "../shared/player/timer.js";
import { Video } from "../shared/player/video.js";

/**
 * {player, element, size, drawn, note}: what plays, the element to show (or null), its size in pixels of the boxes,
 * whether faces are drawn into it already, and what to tell the user about it. `times`: of the session's samples.
 */
export async function open(session, times) {
  const files = session.files;
  for (const what of ["recording", "annotated"].filter((name) => name in files)) {
    const drawn = what === "annotated";
    const found = session.kind === "image" ? await picture(files[what], times) : await video(session, what);
    if (!found) continue;
    const note = !drawn
      ? ""
      : "recording" in files
        ? "Your browser cannot play the recording's format; this is the annotated copy."
        : "This is the annotated copy; the recording itself was not uploaded.";
    return { ...found, drawn, note };
  }
  const note = Object.keys(files).some((name) => ["recording", "annotated"].includes(name))
    ? "Your browser cannot show this recording; the curve is complete."
    : "";
  return { player: new Timer(session.duration_s, times), element: null, size: null, drawn: false, note };
}

async function video(session, what) {
  const src = session.files[what];
  const timing = await api(sessionApi(session.session, `/files/${what}/frames`)).catch(() => ({ times: [] }));
  const player = await Video.open(src, timing);
  return player && { player, element: player.element, size: player.size };
}

async function picture(src, times) {
  const image = element("img", { src, alt: "The picture that was analysed" });
  try {
    await image.decode();
  } catch {
    return null;
  }
  return { player: new Timer(0, times), element: image, size: [image.naturalWidth, image.naturalHeight] };
}
