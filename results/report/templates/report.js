for (const plot of document.querySelectorAll("[data-curve]")) {
  const { rows, step } = JSON.parse(plot.querySelector("script").textContent);
  const canvas = plot.querySelector(".canvas");
  const hair = document.createElement("div");
  hair.className = "hair";
  hair.hidden = true;
  const said = hair.appendChild(document.createElement("output"));
  canvas.append(hair);
  const leave = () => { hair.hidden = true; };
  const move = (event) => {
    const area = canvas.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - area.left) / area.width, 0), 1);
    const index = Math.min(Math.round((share * Number(plot.dataset.curve)) / step), rows.length - 1);
    hair.hidden = false;
    hair.style.left = `${share * 100}%`;
    hair.classList.toggle("flip", share > 0.6);
    said.textContent = rows[index];
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerdown", move);
  canvas.addEventListener("pointerleave", leave);
}
