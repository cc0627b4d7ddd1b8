// The traits of a lab (vaelab.explorers.lab) and what the worker calls them.

const NAMES = {
  hidden: "hidden",
  latent_dim: "latent",
  likelihood: "likelihood",
  sigma: "sigma",
  beta: "beta",
  noise: "noise",
  price: "price",
  warm_up: "warmUp",
  learning_rate: "rate",
  batch_size: "batch",
  leak: "slope",
  seed: "seed",
};

/** The slips by the names that the trait `slips` lists. */
export const SLIPS = {
  sigma: "sigmaSlip",
  "sum over batch": "batchSlip",
  "mean over pixels": "pixelSlip",
  "cut gradient": "cutSlip",
};

export const TRAITS = [...Object.keys(NAMES), "slips"];

/** How many numbers a picture of the model's set has: vaelab.explorers.lab.SHAPES. */
export const inputsOf = (model) => (model.get("data") === "faces" ? 3072 : 784);

/** The worker's settings from the model's traits. */
export function settingsOf(model) {
  const settings = Object.entries(NAMES).map(([trait, name]) => [name, model.get(trait)]);
  const slips = Object.entries(SLIPS).map(([name, slip]) => [slip, model.get("slips").includes(name)]);
  return Object.fromEntries([...settings, ...slips]);
}
