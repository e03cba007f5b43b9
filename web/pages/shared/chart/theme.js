// Colours of the chart, in both schemes. An exported chart is always the light one: it goes on paper and slides.

/** Faces in order; told apart by common colour visions, and by dashes beyond eight. */
const LIGHT = ["#1f5fbf", "#c4560a", "#00806a", "#8a3fd1", "#b0286b", "#6b6f00", "#46566b", "#8a5a2b"];
const DARK = ["#6ea8ff", "#ff9d4d", "#3ecfae", "#c39bff", "#ff8fc0", "#cfd65a", "#aab4c2", "#d6a878"];
const DASHES = ["", "6 4", "2 3"];

export const light = {
  ground: "#ffffff", ink: "#1a1d21", quiet: "#5b626b", line: "#dfe1e3", strong: "#b9bec4",
  excluded: "#5b626b", marker: "#8a4b00", faces: LIGHT,
};
export const dark = {
  ground: "#1b1e22", ink: "#e9ebee", quiet: "#9ba3ad", line: "#2c3137", strong: "#49515a",
  excluded: "#9ba3ad", marker: "#ffb866", faces: DARK,
};

const scheme = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
const listeners = [];

/** The theme of the page as it is now; paper is light. */
export const theme = () => (scheme.matches && !printing ? dark : light);

/** Pixels of a canvas per pixel of the page. */
export const density = () => (printing ? 3 : devicePixelRatio || 1);

/** `act()` when the theme or the density changes. */
export const onTheme = (act) => listeners.push(act);

function tell() {
  for (const act of listeners) act();
}

scheme.addEventListener("change", tell);
for (const [event, is] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(event, () => {
    printing = is;
    tell();
  });
}

/** Colour and dash pattern of the n-th face. */
export const faceInk = (which, order) => ({
  colour: which.faces[order % which.faces.length],
  dash: DASHES[Math.floor(order / which.faces.length) % DASHES.length],
});
