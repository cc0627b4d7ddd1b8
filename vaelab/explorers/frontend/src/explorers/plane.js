// A map of a 2-D latent space to drag over, codes scattered on it, the decoded picture beside it.

import { colour, div, h, note, number } from "../dom.js";
import { round } from "../latent.js";
import { distance, nearest, tally } from "../nearest.js";
import { pad } from "../pad.js";
import { picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

const NEIGHBOURS = 5;
const EMPTY = "\u00a0"; // keeps the line's height

/** Drag over the map; `z` is the code under the handle. */
export function mount({ model, el, decoder, say }) {
  const [left, right, bottom, top] = model.get("extent");
  const [codes, labels, names, palette] = read(model, "codes", "labels", "class_names", "palette");
  const shade = (k) => palette[k % palette.length];
  let shown = -1; // the class picked out, -1 for all

  function near(z) {
    if (!codes.length) return "";
    const indices = nearest(codes, z, NEIGHBOURS);
    const who = labels.length ? ` Nearest codes: ${tally(indices.map((i) => names[labels[i]]))}.` : "";
    return `${who} The closest code is ${number(distance(codes[indices[0]], z))} away.`;
  }

  function backdrop(context, width, height, toScreen) {
    const ink = context.fillStyle;
    const circle = (place, radius, flat = radius) => {
      context.beginPath();
      context.ellipse(...toScreen(...place), radius, flat, 0, 0, 7);
    };
    context.strokeStyle = colour("--vae-line", el);
    context.beginPath();
    for (const [from, to] of [
      [
        [0, bottom],
        [0, top],
      ],
      [
        [left, 0],
        [right, 0],
      ],
    ]) {
      context.moveTo(...toScreen(...from));
      context.lineTo(...toScreen(...to));
    }
    context.stroke();
    codes.forEach((code, i) => {
      const k = labels[i] ?? 0;
      context.globalAlpha = shown < 0 || shown === k ? 0.8 : 0.12;
      context.fillStyle = shade(k);
      circle(code, shown === k ? 3.5 : 2.6);
      context.fill();
    });
    context.globalAlpha = 1;
    context.fillStyle = context.strokeStyle = ink;
    for (const i of nearest(codes, map.value, NEIGHBOURS)) {
      circle(codes[i], 5);
      context.stroke();
    }
    if (model.get("prior")) {
      context.setLineDash([4, 4]);
      for (const sigma of [1, 2]) {
        circle([0, 0], (sigma * width) / (right - left), (sigma * height) / (top - bottom));
        context.stroke();
      }
    }
    context.font = "12px system-ui, sans-serif";
    context.fillText(`z₂ ${number(top, 1)}`, 6, 16);
    context.fillText(number(left, 1), 6, height - 6);
    context.textAlign = "right";
    context.fillText(`z₁ ${number(right, 1)}`, width - 6, height - 6);
  }

  const map = pad({
    label: "Place on the latent map",
    x: { min: left, max: right, name: "z₁" },
    y: { min: bottom, max: top, name: "z₂" },
    value: model.get("z"),
    backdrop,
    onMove: (z) => put(model, "z", round(z)),
  });
  const decoded = picture(decoder, "Decoded picture");
  const text = note();
  const under = h("p", { class: "vae-note", "aria-hidden": "true" }, EMPTY);

  function show() {
    const z = model.get("z");
    map.value = z;
    const who = near(z);
    text.textContent = `z₁ = ${number(z[0])}, z₂ = ${number(z[1])}.${who}`;
    decoded.label = `Picture decoded at ${text.textContent}`;
    map.redraw();
    decoder.decode([z], ([image]) => decoded.draw(image));
    say(who); // the map itself says where it is
  }

  function name(event) {
    under.textContent = `Under the pointer: ${names[labels[nearest(codes, map.at(event), 1)[0]]]}`;
  }
  if (labels.length) {
    map.el.addEventListener("pointermove", name);
    map.el.addEventListener("pointerleave", () => (under.textContent = EMPTY));
  }

  function legend() {
    const keys = names.map((text, k) => {
      const swatch = h("span", { class: "vae-swatch", style: { background: shade(k) } });
      return h("button", { type: "button", class: "vae-button", "aria-pressed": "false" }, swatch, text);
    });
    keys.forEach((key, k) =>
      key.addEventListener("click", () => {
        shown = shown === k ? -1 : k;
        keys.forEach((other, i) => other.setAttribute("aria-pressed", i === shown));
        map.redraw();
      }),
    );
    return h("div", { class: "vae-buttons", role: "group", "aria-label": "Pick out one class" }, keys);
  }

  const beside = div("vae-grow", decoded, text, labels.length ? under : null);
  el.append(div("vae-row", map, beside));
  if (labels.length) el.append(legend());
  if (model.get("prior")) {
    const circles = "Dashed: one and two standard deviations of the prior N(0, I).";
    el.append(note(circles));
  }
  const stop = watch(model, ["z"], show);
  return () => {
    stop();
    map.remove();
  };
}
