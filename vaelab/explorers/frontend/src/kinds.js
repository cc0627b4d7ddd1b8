// Every kind of explorer but the quiz, by the name its specification gives.

import * as beta from "./explorers/beta.js";
import * as kl from "./explorers/kl.js";
import * as mixer from "./explorers/mixer.js";
import * as morph from "./explorers/morph.js";
import * as noise from "./explorers/noise.js";
import * as plane from "./explorers/plane.js";
import * as reparameterize from "./explorers/reparameterize.js";
import * as sliders from "./explorers/sliders.js";
import * as traverse from "./explorers/traverse.js";
import * as two_models from "./explorers/two_models.js";

export const kinds = {
  beta,
  kl,
  mixer,
  morph,
  noise,
  plane,
  reparameterize,
  sliders,
  traverse,
  two_models,
};
