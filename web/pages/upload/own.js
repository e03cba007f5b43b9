// Which analyses this browser has asked for: they stay on the page after a reload, until they are cleared.

const KEY = "valence.uploads";

function read() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY)) ?? []);
  } catch {
    return new Set(); // storage is off, or holds something else
  }
}

function write(ids) {
  try {
    localStorage.setItem(KEY, JSON.stringify([...ids]));
  } catch {
    // then it lasts as long as the page
  }
}

const ids = read();

export const own = {
  has: (id) => ids.has(id),
  add(id) {
    ids.add(id);
    write(ids);
  },
  remove(id) {
    if (ids.delete(id)) write(ids);
  },
  /** Forget those that the server no longer knows. */
  keep(known) {
    for (const id of [...ids]) if (!known.has(id)) ids.delete(id);
    write(ids);
  },
};
