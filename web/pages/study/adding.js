// One more thing to watch in a study: a video, or the name and duration of something that is shown elsewhere.

import { api } from "../shared/api.js";
import { open } from "../shared/dialog.js";
import { element } from "../shared/elements.js";
import { send } from "../shared/transfer.js";
import { stimulusesApi } from "./address.js";
import { playable } from "./playable.js";

/** Asks, and adds it. The id of the new stimulus, or null where the user turns back. Throws ApiError. */
export async function addStimulus(study) {
  const file = element("input", { type: "file", accept: "video/*,.mkv" });
  const name = element("input", { type: "text", maxLength: 200, autocomplete: "off", required: true });
  const seconds = element("input", { type: "number", min: 0.5, step: "any", value: 30, required: true });
  const field = (label, input) => element("label", { className: "field" }, label, input);
  const length = field("How many seconds it lasts", seconds);
  file.onchange = () => {
    const [chosen] = file.files;
    length.hidden = Boolean(chosen);
    if (chosen && !name.value) name.value = chosen.name.replace(/\.[^.]*$/, "");
  };
  const agreed = await open("Add a stimulus", [field("Video (none: it is shown elsewhere)", file), field("Name", name), length], "Add");
  if (!agreed) return null;
  const [chosen] = file.files;
  const address = stimulusesApi(study.study);
  if (!chosen) return (await api(address, { method: "POST", body: { name: name.value, duration_s: Number(seconds.value) } })).id;
  await playable(chosen);
  return (await send(`${address}?name=${encodeURIComponent(name.value)}`, chosen)).id;
}
