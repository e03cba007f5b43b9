// Making elements: element("p", { className: "quiet" }, "text", child, …).

/** Properties are set as such; those with a dash, and `role`, as attributes; `data` as data-…. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "data") Object.assign(made.dataset, value);
    else if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The same for SVG; every property is an attribute. */
export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Replaces what `root` holds. What had the focus in it has it again, if there is still something called the same. */
export function renew(root, ...children) {
  const focused = document.activeElement;
  const had = focused !== root && root.contains(focused);
  root.replaceChildren(...children.filter((child) => child !== null));
  if (had) focusAgain(focused, root);
}

/** Focuses `one`, or, where it was replaced meanwhile, what is called the same in `root`. */
export function focusAgain(one, root = document.body) {
  const same = one?.isConnected ? one : [...root.querySelectorAll(one?.tagName ?? "none")].find((other) => called(other) === called(one));
  same?.focus({ preventScroll: true });
}

const called = (one) => JSON.stringify([one.tagName, one.id, one.name, one.href, one.dataset, one.ariaLabel ?? one.textContent]);
