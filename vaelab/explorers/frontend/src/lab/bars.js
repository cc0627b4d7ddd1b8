// The KL of each number of the code, as bars: those on the plane, the others, and those that carry nothing.

import { h, number } from "../dom.js";
import { labelled } from "./pictures.js";

const DEAD = 0.05; // nats: less says nothing
const WORDS = 8; // so many bars have room for their names and values

/** The name of unit j: z₁, z₂, ..., with small digits. */
export const unitName = (j) => `z${[...String(j + 1)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("")}`;

/** { el, show(unitKl, axes) }. */
export function bars() {
  const label = "KL of each z";
  const row = h("div", { class: "lab-bars", role: "img", "aria-label": label });
  const used = h("span", { class: "lab-value-of" }, " ", h("span", { class: "lab-wide" }, " used"));
  const one = () => h("span", {}, h("i"), h("b"), h("small"));

  return {
    el: labelled(label, row, used),
    show(unitKl, axes) {
      const count = unitKl.length,
        most = Math.max(1, ...unitKl);
      while (row.children.length > count) row.lastChild.remove();
      while (row.children.length < count) row.append(one());
      row.classList.toggle("lab-many", count > WORDS);
      unitKl.forEach((kl, j) => {
        const bar = row.children[j],
          [fill, value, name] = bar.children;
        bar.className = kl < DEAD ? "lab-dead" : axes.includes(j) ? "lab-axis" : "";
        fill.style.transform = `scaleY(${Math.max(0.03, kl / most)})`;
        value.textContent = count <= WORDS ? number(kl, 1) : "";
        value.style.bottom = `${Math.max(3, (100 * kl) / most)}%`;
        name.textContent = count <= WORDS || !j || j === count - 1 ? unitName(j) : "";
      });
      const live = unitKl.filter((kl) => kl >= DEAD).length;
      used.firstChild.data = `${live}/${count}`;
      row.ariaLabel = `${label} in nats: ${live} of ${count} used.`;
    },
  };
}
