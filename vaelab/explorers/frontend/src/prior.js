// Draws codes from the prior that a model carries.

/**
 * What draws a code: a function (kernels, floats, noise, chance) of as many numbers from N(0, I) as a code has
 * and one from [0, 1). `prior` is null for N(0, I), or what vaelab.explorers.page_decoder packed.
 */
export function layOutPrior(layout, prior, latentDim) {
  if (!prior) return (_, __, noise) => noise;
  /** A function from numbers to those that come out of a list of layers, which stay until its next use. */
  function chain(list, inputs) {
    const outer = layout.steps;
    layout.steps = [];
    const input = layout.vector(inputs);
    const output = layout.add(list, input);
    const steps = layout.steps;
    layout.steps = outer;
    if (output.row || output.channels !== latentDim) layout.fail("the prior's codes have another length");
    return (kernels, floats, numbers) => {
      floats.set(numbers, input.start);
      for (const step of steps) step(kernels, floats);
      return floats.subarray(output.start, output.start + latentDim);
    };
  }

  if (prior.type === "normals") {
    const parts = prior.parts.map((list) => chain(list, latentDim));
    return (kernels, floats, noise, chance) => {
      let k = 0;
      for (let sum = prior.shares[0]; sum < chance && k < parts.length - 1; sum += prior.shares[k]) k++;
      return [...parts[k](kernels, floats, noise)];
    };
  }
  if (prior.type === "flow") {
    const { steps, frequencies, mean, spread } = prior;
    const velocity = chain(prior.layers, latentDim + 2 * frequencies.length);
    return (kernels, floats, noise) => {
      const field = (x, t) => {
        const angles = frequencies.map((frequency) => t * frequency);
        return [...velocity(kernels, floats, [...x, ...angles.map(Math.sin), ...angles.map(Math.cos)])];
      };
      const x = heun(field, noise, steps);
      return x.map((value, i) => mean[i] + spread[i] * value);
    };
  }
  return () => {
    throw new Error("This model's prior draws in a notebook only.");
  };
}

/** Heun's method for dx/dt = field(x, t) from t = 0 to 1. */
function heun(field, start, steps) {
  const go = (x, slope, size) => x.map((value, i) => value + size * slope[i]);
  let x = start;
  for (let k = 0; k < steps; k++) {
    const slope = field(x, k / steps);
    const then = field(go(x, slope, 1 / steps), (k + 1) / steps);
    x = go(go(x, slope, 0.5 / steps), then, 0.5 / steps);
  }
  return x;
}
