// Choosing a stretch without a keyboard: a button says that the next drag over the chart does so.

/** `button`: pressed as long as that is so. */
export function choosesByFinger(chart, button) {
  const show = () => {
    button.setAttribute("aria-pressed", chart.choosing);
    chart.root.classList.toggle("choosing", chart.choosing);
  };
  button.addEventListener("click", () => {
    chart.choosing = !chart.choosing;
    show();
  });
  chart.root.addEventListener("chosen", show);
  show();
}
