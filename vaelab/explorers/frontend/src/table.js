// A small table of facts.

import { h } from "./dom.js";

/** A table whose first column names the rows: { el, show(head, rows) }, rows of texts or nodes. */
export function table() {
  const el = h("table", { class: "vae-facts" });
  const heading = (text) => (text ? h("th", { scope: "col" }, text) : h("td"));
  const line = ([name, ...cells]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      cells.map((cell) => h("td", {}, cell)),
    );
  return {
    el,
    show(head, rows) {
      const top = h("thead", {}, h("tr", {}, head.map(heading)));
      el.replaceChildren(top, h("tbody", {}, rows.map(line)));
    },
  };
}
