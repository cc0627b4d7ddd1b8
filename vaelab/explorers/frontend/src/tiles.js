// Buttons in rows: one stop for Tab, arrow keys move among them.

import { arrow } from "./drag.js";

/** Let the keyboard walk over `tiles`, buttons in rows of so many `columns`; Tab first stops at `held`. */
export function walkable(tiles, columns, held) {
  const hold = (tile) => {
    held.tabIndex = -1;
    held = tile;
    held.tabIndex = 0;
  };
  tiles.forEach((tile, i) => {
    tile.tabIndex = -1;
    tile.addEventListener("focus", () => hold(tile));
    tile.addEventListener("keydown", (event) => {
      const way = arrow(event);
      if (way) tiles[i + way[0] - columns * way[1]]?.focus();
    });
  });
  hold(held);
}
