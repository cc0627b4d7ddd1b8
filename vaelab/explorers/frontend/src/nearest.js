// Which points lie near a place, and how to say so.

/** Indices of the `count` points nearest to `place`, the nearest first. */
export function nearest(points, place, count) {
  const away = points.map((point) => distance(point, place));
  return [...away.keys()].sort((a, b) => away[a] - away[b]).slice(0, count);
}

/** Euclidean distance of two points in the plane. */
export const distance = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

/** "boot ×3, bag": names and how often they come, the most frequent first. */
export function tally(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const order = [...counts].sort((a, b) => b[1] - a[1]);
  return order.map(([name, n]) => (n > 1 ? `${name}\u00a0×${n}` : name)).join(", ");
}
