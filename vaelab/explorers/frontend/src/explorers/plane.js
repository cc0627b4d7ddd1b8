// A map of a 2-D latent space to drag over, codes scattered on it, the decoded picture beside it.

import { colour, h, number } from "../dom.js";
import { distance, nearest, tally } from "../nearest.js";
import { pad } from "../pad.js";
import { picture } from "../picture.js";

const NEIGHBOURS = 5;
const round = (z) => z.map((value) => Math.round(1000 * value) / 1000);

/** Drag over the map; `z` is the code under the handle. */
export function mount({ model, el, decoder, say }) {
  const [left, right, bottom, top] = model.get("extent");
  const codes = model.get("codes");
  const labels = model.get("labels");
  const names = model.get("class_names");
  const palette = model.get("palette");
  let shown = -1; // the class picked out, -1 for all

  const around = (z) => nearest(codes, z, NEIGHBOURS);
  const nameOf = (i) => names[labels[i]];

  function near(z) {
    if (!codes.length) return "";
    const indices = around(z);
    const who = labels.length ? ` Nearest codes: ${tally(indices.map(nameOf))}.` : "";
    return `${who} The closest is ${number(distance(codes[indices[0]], z))} away.`;
  }
  const at = ([x, y]) => `z₁ = ${number(x)}, z₂ = ${number(y)}.`;

  function backdrop(context, width, height, toScreen) {
    const ink = context.fillStyle;
    const unit = width / (right - left);
    const line = (from, to) => {
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
    };
    context.strokeStyle = colour("--vae-line", el);
    line(toScreen(0, bottom), toScreen(0, top));
    line(toScreen(left, 0), toScreen(right, 0));
    codes.forEach((code, i) => {
      const k = labels[i] ?? 0;
      context.globalAlpha = shown < 0 || shown === k ? 0.8 : 0.12;
      context.fillStyle = palette[k % palette.length];
      context.beginPath();
      context.arc(...toScreen(...code), shown === k ? 3.5 : 2.6, 0, 7);
      context.fill();
    });
    context.globalAlpha = 1;
    context.fillStyle = context.strokeStyle = ink;
    for (const i of codes.length ? around(map.value) : []) {
      context.beginPath();
      context.arc(...toScreen(...codes[i]), 5, 0, 7);
      context.stroke();
    }
    if (model.get("prior")) priorCircles(context, toScreen, unit, height * (right - left) / (width * (top - bottom)));
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "right";
    context.fillText(`z₁ ${number(right, 1)}`, width - 6, height - 6);
    context.textAlign = "left";
    context.fillText(number(left, 1), 6, height - 6);
    context.fillText(`z₂ ${number(top, 1)}`, 6, 16);
  }

  const map = pad({
    label: "Place on the latent map",
    x: { min: left, max: right, name: "z₁" },
    y: { min: bottom, max: top, name: "z₂" },
    value: model.get("z"),
    backdrop,
    describe: (x, y) => at([x, y]) + near([x, y]),
    onMove(z) {
      model.set("z", round(z));
      model.save_changes();
    },
  });
  const decoded = picture({ width: decoder.width, height: decoder.height, label: "Decoded picture" });
  const text = h("p", { class: "vae-note" });
  const under = h("p", { class: "vae-note", "aria-hidden": "true" }, "\u00a0");

  function show() {
    const z = model.get("z");
    if (`${round(map.value)}` !== `${z}`) map.value = z;
    const words = at(z) + near(z);
    text.textContent = words;
    decoded.label = `Picture decoded at ${words}`;
    map.redraw();
    decoder.decode([z], ([image]) => decoded.draw(image));
    say(words);
  }

  map.el.addEventListener("pointermove", (event) => {
    const box = map.el.getBoundingClientRect();
    const x = left + ((event.clientX - box.left) / box.width) * (right - left);
    const y = top - ((event.clientY - box.top) / box.height) * (top - bottom);
    const [i] = nearest(codes, [x, y], 1);
    under.textContent = labels.length ? `Under the pointer: ${nameOf(i)}` : "\u00a0";
  });
  map.el.addEventListener("pointerleave", () => (under.textContent = "\u00a0"));

  const keys = (labels.length ? names : []).map((name, k) => {
    const swatch = h("span", { class: "vae-swatch", style: { background: palette[k % palette.length] } });
    const pick = () => {
      shown = shown === k ? -1 : k;
      keys.forEach((key, i) => key.setAttribute("aria-pressed", i === shown));
      map.redraw();
    };
    return h("button", { type: "button", class: "vae-button", "aria-pressed": "false", onclick: pick }, swatch, name);
  });
  const legend = h("div", { class: "vae-buttons vae-legend", role: "group", "aria-label": "Pick out one class" }, keys);
  const beside = h("div", { class: "vae-grow" }, decoded.el, text, labels.length ? under : null);
  el.append(h("div", { class: "vae-row" }, map.el, beside), keys.length ? legend : "");
  if (model.get("prior")) {
    el.append(h("p", { class: "vae-note" }, "Circles: one and two standard deviations of the prior N(0, I)."));
  }
  model.on("change:z", show);
  show();
  return () => {
    model.off("change:z", show);
    map.remove();
  };
}

/** The prior's one and two standard deviations. */
function priorCircles(context, toScreen, unit, flat) {
  context.setLineDash([4, 4]);
  for (const radius of [1, 2]) {
    context.beginPath();
    context.ellipse(...toScreen(0, 0), radius * unit, radius * unit * flat, 0, 0, 7);
    context.stroke();
  }
  context.setLineDash([]);
}
