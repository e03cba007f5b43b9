// A change that is asked of the server, and what the user is told of it.

import { api } from "./api.js";
import { tell } from "./dialog.js";

/** A function that sends a change, waits for `done()`, and announces `said`; a refusal is shown in a dialog. */
export function changes({ done, announcer }) {
  return async function change(path, request, said) {
    try {
      await api(path, request);
      await done();
      announcer.say(said);
    } catch (error) {
      await tell({ title: "It was not changed", text: error.message });
    }
  };
}
