// Asking the server, with what went wrong as a sentence for people.

const FIRST = 50; // sessions in the first answer, which is soon there; the library's page asks for it beforehand
const PART = 500; // sessions in each later one

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The JSON answer of `path` (null for an empty one). `body` is sent as JSON. Throws ApiError. */
export async function api(path, options) {
  return (await answer(path, options)).content;
}

/** All sessions, newest first. `some`: called with those so far whenever more have come. Throws ApiError. */
export async function allSessions(some = () => {}) {
  const sessions = new Map(); // by id: one that begins meanwhile shifts the others
  for (let offset = 0, limit = FIRST, total = 1; offset < total; offset += limit, limit = PART) {
    const { content, headers } = await answer(`/api/sessions?limit=${limit}&offset=${offset}`);
    for (const session of content) sessions.set(session.session, session);
    total = content.length ? Number(headers.get("x-total-count")) : 0;
    some([...sessions.values()]);
  }
  return [...sessions.values()];
}

async function answer(path, { method = "GET", body } = {}) {
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
  return { content: text ? JSON.parse(text) : null, headers: response.headers };
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
