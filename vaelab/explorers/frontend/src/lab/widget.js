// The lab as a widget in JupyterLab, VS Code and Colab: the kernel has the pictures and gets the weights.

import { start } from "../frame.js";
import { asBytes, ask } from "../kernel.js";
import { mount } from "./mount.js";
import { inputsOf } from "./settings.js";

const PATIENCE = 120_000; // milliseconds: a kernel may be busy drawing faces

const floatsOf = (buffer) => new Float32Array(asBytes(buffer).buffer);

async function render({ model, el }) {
  el.classList.add("vaelab-explorer");
  async function load(key) {
    const reply = await ask(model, { type: "pictures", key }, PATIENCE);
    if (!reply) throw new Error("The kernel does not answer. Run the cell again.");
    return { meta: reply[0].meta, data: asBytes(reply[1][0]) };
  }
  const kernel = {
    /** Hand the weights over: all numbers after the picture that is taken from each. */
    keep({ numbers, middle }) {
      const all = new Float32Array(middle.length + numbers.length);
      all.set(middle);
      all.set(numbers, middle.length);
      model.set("_weights", new DataView(all.buffer));
      model.save_changes();
    },
    /** Hear of weights that the kernel gives, those from before this view opened too. */
    onWeights(hear) {
      const take = () => {
        const all = floatsOf(model.get("_given")),
          inputs = inputsOf(model);
        if (all.length) hear({ middle: all.slice(0, inputs), numbers: all.slice(inputs) });
      };
      take();
      model.on("change:_given", take);
      return () => model.off("change:_given", take);
    },
  };
  return start({ kinds: { lab: (about) => mount({ ...about, load, kernel }) }, model, el });
}

export default { render };
