// Where one is in the library: what is chosen stands in the address, how far one has come in the history's entry. So
// Back, a reload and a bookmark lead to the same place.

const NAMES = { search: "q", state: "state", sort: "sort" };

history.scrollRestoration = "manual"; // the rows that the browser would scroll to are not there yet

/** Write what the `inputs` hold into the address; `place`: {shown, scroll}, as they are when the page is left. */
export function remember(inputs, place = history.state) {
  const address = new URL(location.href);
  for (const [input, name] of Object.entries(NAMES)) {
    const { value } = inputs[input];
    if (value && value !== usual(inputs[input])) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(place, "", address);
}

/** Fill the `inputs` from the address. Returns {shown, scroll}, or {} where the page was not left before. */
export function remembered(inputs) {
  const given = new URL(location.href).searchParams;
  for (const [input, name] of Object.entries(NAMES)) {
    const field = inputs[input];
    field.value = given.get(name) ?? usual(field);
    if (field.selectedIndex === -1) field.value = usual(field); // no such choice
  }
  return history.state ?? {};
}

const usual = (field) => field.options?.[0].value ?? "";
