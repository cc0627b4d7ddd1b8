// Every kind of explorer but the quiz, by the name its specification gives.

import { mount as beta } from "./explorers/beta.js";
import { mount as codebook } from "./explorers/codebook.js";
import { mount as denoising } from "./explorers/denoising.js";
import { mount as kl } from "./explorers/kl.js";
import { mount as mixer } from "./explorers/mixer.js";
import { mount as morph } from "./explorers/morph.js";
import { mount as noise } from "./explorers/noise.js";
import { mount as plane } from "./explorers/plane.js";
import { mount as redraw } from "./explorers/redraw.js";
import { mount as reparameterize } from "./explorers/reparameterize.js";
import { mount as sliders } from "./explorers/sliders.js";
import { mount as traverse } from "./explorers/traverse.js";
import { mount as two_models } from "./explorers/two_models.js";

export const kinds = {
  beta,
  codebook,
  denoising,
  kl,
  mixer,
  morph,
  noise,
  plane,
  redraw,
  reparameterize,
  sliders,
  traverse,
  two_models,
};
