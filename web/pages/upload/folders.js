// What was dropped or chosen, as files: folders are walked through.

const KINDS = /\.(mkv|avi|ts|m2ts|wmv|flv|tiff?|heic|heif|avif|mov|mp4|webm)$/i; // beside what the browser knows

/** The files of a drop: [{file, path, inside}]; `inside`: it lies in a folder. Call it at once: a drop is soon void. */
export async function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  return (await Promise.all(entries.filter(Boolean).map(found))).flat();
}

/** Those of an `<input type="file">`, be it for files or for a folder. */
export const chosen = (input) =>
  [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name, inside: Boolean(file.webkitRelativePath) }));

/** Of what lies in folders only images and recordings are wanted: {wanted, others}. What was pointed at is always. */
export function sorted(files) {
  const wanted = ({ file, inside }) => !inside || (!file.name.startsWith(".") && (/^(image|video)\//.test(file.type) || KINDS.test(file.name)));
  return { wanted: files.filter(wanted), others: files.filter((one) => !wanted(one)) };
}

async function found(entry, inside = false) {
  if (entry instanceof File) return [{ file: entry, path: entry.name, inside }];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, ""), inside }];
  }
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return files;
    for (const one of some) files.push(...(await found(one, true)));
  }
}
