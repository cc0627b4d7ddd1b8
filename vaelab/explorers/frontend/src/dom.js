// Elements in one line each, and the page's colours for those who draw on a canvas.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  const there = children.flat().filter((child) => child !== null && child !== undefined);
  element.append(...there.map((child) => child.el ?? child));
  return element;
}

/** An HTML element: h("p", { class: "vae-note", onclick: fn, style: {...} }, "text", node, { el: node }). */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** A <div> of a class. */
export const div = (name, ...children) => h("div", { class: name }, ...children);

/** Put children into an explorer's body, one below the other. */
export const stack = (el, ...children) => fill(el, { class: "vae-body vae-stack" }, children);

/** A line of small print. */
export const note = (...children) => h("p", { class: "vae-note" }, ...children);

/** An SVG element, in the same way. */
export const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** An id that nothing else on the page has, whichever script made it: Jupyter loads one for each widget. */
export function uniqueId() {
  globalThis.vaelabIds = (globalThis.vaelabIds ?? 0) + 1;
  return `vae-${globalThis.vaelabIds}`;
}

/** The value that a CSS variable has at `element`: colour("--vae-accent", el). */
export const colour = (name, element) => getComputedStyle(element).getPropertyValue(name).trim();

/** Call `redraw` whenever the page turns light or dark; returns a function that ends it. */
export function onTheme(redraw) {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(redraw);
  const where = { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "class"] };
  observer.observe(document.documentElement, where);
  observer.observe(document.body, where);
  query.addEventListener("change", redraw);
  return () => {
    observer.disconnect();
    query.removeEventListener("change", redraw);
  };
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** A number as people write it, with a true minus sign: "−0.30". */
export const number = (value, digits = 2) => {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", "\u2212");
};

/** The same with a plus sign before what is above zero. */
export const signed = (value, digits) => (value > 0 ? "+" : "") + number(value, digits);
