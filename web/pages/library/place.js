// Where one is in the library: what is chosen stands in the address, how far one has come in the history's entry. So
// Back, a reload and a bookmark lead to the same place.

history.scrollRestoration = "manual"; // the rows that the browser would scroll to are not there yet

/** Write what the `inputs` hold into the address, under their names; `place`: {shown, scroll}, as the page is left. */
export function remember(inputs, place = history.state) {
  const address = new URL(location.href);
  for (const [name, input] of Object.entries(inputs)) {
    const { value } = input;
    if (value && value !== usual(input)) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(place, "", address);
}

/** Fill the `inputs` from the address. Returns {shown, scroll}, or {} where the page was not left before. */
export function remembered(inputs) {
  const given = new URL(location.href).searchParams;
  for (const [name, input] of Object.entries(inputs)) {
    input.value = given.get(name) ?? usual(input);
    if (input.selectedIndex === -1) input.value = usual(input); // no such choice
  }
  return history.state ?? {};
}

const usual = (field) => field.options?.[0].value ?? "";
