// Which analyses this browser has asked for: they stay on the page after a reload, until they are cleared.
// Read anew each time: another tab may upload too.

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
    // then a reload forgets them
  }
}

export const own = {
  all: read,
  add: (id) => write(read().add(id)),
  remove(id) {
    const ids = read();
    if (ids.delete(id)) write(ids);
  },
};
