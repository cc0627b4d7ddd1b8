// A set as the worker wants it: a sheet of colour pictures must be opened by the page, as WebP.

/** { meta, data } as loaded; of a sheet `data` becomes RGBA bytes, picture after picture. */
export async function opened({ meta, data }) {
  if (meta.kind !== "sheet") return { meta, data };
  const picture = await createImageBitmap(new Blob([data], { type: "image/webp" }));
  const { side, columns, count } = meta;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  [canvas.width, canvas.height] = [columns * side, side];
  const rgba = new Uint8Array(4 * count * side * side);
  for (let row = 0, to = 0; row * columns < count; row++) {
    context.drawImage(picture, 0, -row * side);
    const line = context.getImageData(0, 0, canvas.width, side).data; // rows of all pictures of this line
    for (let k = 0; k < columns; k++) {
      for (let y = 0; y < side; y++, to += 4 * side) {
        const from = 4 * (y * canvas.width + k * side);
        rgba.set(line.subarray(from, from + 4 * side), to);
      }
    }
    if (row % 8 === 7) await new Promise((resolve) => setTimeout(resolve)); // the page must breathe
  }
  return { meta, data: rgba };
}
