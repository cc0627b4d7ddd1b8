// Lays a packed decoder out in one array of floats: its weights, and a place for what each layer gives.
//
// A map has its channels last, rounded up to a multiple of 4, and a border of zeros one pixel wide. A vector
// is a map of one pixel without a border.
import { halfToFloat } from "./half.js";
import { four, layers } from "./layers.js";
import { layOutPrior } from "./prior.js";

const FORMAT = 2;

class Layout {
  size = 0; // in floats
  fills = []; // [[start, numbers], ...] to copy into the array
  steps = []; // functions (kernels, floats) that lead from `input` to `output`
  used = 0; // numbers of the file so far
  scratch = 0; // where steps may put what they need for a moment
  spare = 0; // floats of that

  constructor(meta, data, fast) {
    this.fast = fast;
    this.key = meta?.key ?? "this model";
    if (meta?.format !== FORMAT) this.fail(`they are in format ${meta?.format}, this page reads ${FORMAT}`);
    if (!Array.isArray(meta.layers)) this.fail("the list of layers is missing");
    this.bytes = data.length;
    this.numbers = halfToFloat(data.subarray(0, data.length & ~1));
  }

  fail(reason) {
    throw new Error(
      `The weights of ${this.key} cannot be used: ${reason}. Reload the page; if that does not help, they ` +
        "have to be exported again with the version of vaelab that made this page.",
    );
  }

  room(n) {
    this.size += four(n);
    return this.size - four(n);
  }

  /** The file's next n numbers. */
  take(n) {
    const start = this.used;
    this.used += n;
    if (!(this.used <= this.numbers.length)) {
      this.fail(`${this.bytes} bytes are too few, so they are cut short or damaged`);
    }
    return this.numbers.subarray(start, this.used);
  }

  /** Where `numbers` will lie. */
  keep(numbers) {
    const start = this.room(numbers.length);
    this.fills.push([start, numbers]);
    return start;
  }

  /** Add a list of layers that begins at the map `at`; gives the map of its result. */
  add(list, at) {
    for (const layer of list) {
      if (!Object.hasOwn(layers, layer.type)) this.fail(`this page knows no layer "${layer.type}"`);
      const misfit = at.row ? /linear|unflatten|look/ : /conv|shuffle/;
      if (misfit.test(layer.type)) this.fail("the layers do not fit together");
      at = layers[layer.type](this, at, layer);
    }
    return at;
  }

  vector(channels) {
    return { start: this.room(channels), channels, height: 1, width: 1, row: 0, pixel: 0 };
  }

  map(channels, height, width) {
    const pixel = four(channels),
      row = (width + 2) * pixel;
    const start = this.room((height + 2) * row + 4 * pixel) + row + pixel; // kernels load past the end
    return { start, channels, height, width, row, pixel };
  }
}

/**
 * The layout of a decoder that vaelab.explorers.page_decoder packed; `fast` where there are all kernels of
 * convolve.ts.
 */
export function layOut(meta, data, fast) {
  const layout = new Layout(meta, data, fast);
  const input = layout.vector(meta.latent_dim);
  layout.input = input.start;
  layout.output = layout.add(meta.layers, input);
  layout.draw = layOutPrior(layout, meta.prior, meta.latent_dim);
  layout.scratch = layout.room(layout.spare);
  const right = 2 * layout.used;
  if (right !== data.length) layout.fail(`there are ${data.length} bytes where ${right} are right`);
  const { channels, height, width } = layout.output;
  if (`${[channels, height, width]}` !== `${meta.shape}`) layout.fail("they make no such picture");
  return layout;
}
