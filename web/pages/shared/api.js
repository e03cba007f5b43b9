// Asking the server, with what went wrong as a sentence for people.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The JSON answer of `path` (null for an empty one). `body` is sent as JSON. Throws ApiError. */
export async function api(path, { method = "GET", body } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, "The server does not answer. Check that it runs, then try again.");
  }
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, detail(text) || `The server answered ${response.status}.`);
  return text ? JSON.parse(text) : null;
}

/** The sentence in an error's body, or "". */
export function detail(text) {
  try {
    return JSON.parse(text).detail ?? "";
  } catch {
    return "";
  }
}

/** The address of a session, of its API, or of something below it. */
export const sessionPage = (id) => `/sessions/${encodeURIComponent(id)}`;
export const sessionApi = (id, rest = "") => `/api/sessions/${encodeURIComponent(id)}${rest}`;
