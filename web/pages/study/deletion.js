// The end of a study: asks first, and whether the viewers' sessions go, too.

import { api } from "../shared/api.js";
import { ask, askFields, tell } from "../shared/dialog.js";
import { count } from "../shared/text.js";

/** Asks, and deletes the study at `address`. Whether it is gone. */
export async function confirmDeletion(study, address) {
  const sessions = study.stimuli.reduce((sum, stimulus) => sum + stimulus.viewings, 0);
  const agreed = sessions
    ? await askFields({
        title: `Delete “${study.name}”?`,
        text: "The study, its uploaded videos, its viewers and their consents are removed from the server for good.",
        fields: [
          {
            name: "sessions", label: `Its viewers’ ${count(sessions, "session")}`, value: "delete",
            options: [["delete", "Delete them, too, with all their files"], ["keep", "Keep them in the library"]],
          },
        ],
        confirm: "Delete",
        danger: true,
      })
    : (await ask({ title: `Delete “${study.name}”?`, text: "The study and its uploaded videos are removed for good.", confirm: "Delete", danger: true })) && {};
  if (!agreed) return false;
  try {
    await api(`${address}?with_sessions=${agreed.sessions === "delete"}`, { method: "DELETE" });
  } catch (error) {
    if (error.status !== 404) {
      await tell({ title: "It was not deleted", text: error.message });
      return false;
    }
  }
  return true;
}
