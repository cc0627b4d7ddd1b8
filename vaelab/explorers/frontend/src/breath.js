// Long work in small pieces: in between the page paints and hears its reader.

const FRAME = 16; // milliseconds
let last = 0;

/** Wait until the page has had a turn, if the last one was more than a frame ago. */
export async function breath() {
  if (performance.now() - last < FRAME) return;
  await new Promise((resolve) => setTimeout(resolve));
  last = performance.now();
}
