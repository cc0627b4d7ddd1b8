// Things to find out, each with a check of its own: `done(shot, settings, memory)` looks at every shot.
//
// All were tried on the handwritten digits: what is asked for can be had, and cannot be had by waiting.

import { h } from "../dom.js";

const dead = ({ unitKl }) => unitKl.filter((kl) => kl < 0.05).length;

/** The share of codes x, y, x, y, ... within three standard deviations of the prior. */
function inside(codes) {
  let n = 0;
  for (let i = 0; i < codes.length; i += 2) n += Math.hypot(codes[i], codes[i + 1]) < 3;
  return (2 * n) / codes.length;
}

export const CHALLENGES = [
  {
    name: "Wake the sleepers",
    text:
      "Set 32 numbers in a code and train 400 steps: about half of the units carry nothing, their KL bars stay flat. " +
      "Find the knob that lets nearly all of them live.",
    done: ({ step, unitKl }, { latent }) =>
      latent === 32 && step >= 400 && step <= 1000 && unitKl.length === 32 && dead({ unitKl }) <= 6,
  },
  {
    name: "The false friend",
    text:
      "Set beta to 20 with ReLUs and train 300 steps: the plane shrinks. It looks like a collapsed posterior, but see " +
      "how many encoder units are alive. Set beta back to 1: the dead ones stay dead. Bring most of them back, " +
      "without starting anew.",
    done({ step, alive, units }, _, memory) {
      if (step === 0 || memory.step > step) memory.dead = false;
      memory.step = step;
      if (step >= 50 && alive <= units / 10) memory.dead = true;
      return Boolean(memory.dead) && alive >= units / 4; // as many as live in a healthy one
    },
  },
  {
    name: "An autoencoder that can invent",
    text:
      "Switch noise and price off and start anew: the dots spread to ten sigmas, and the twelve squares fall among a " +
      "few of them. Bring nearly all dots within the third circle, without any noise.",
    done: ({ step, codes }, { noise, latent }) =>
      !noise && latent === 2 && step >= 300 && inside(codes) >= 0.95,
  },
  {
    name: "What the price pays for",
    text: "Leave the noise, take the price away. How does the encoder escape the noise? Let a code go beyond 8 sigmas.",
    done: ({ extent, step }, { noise, price }) => noise && !price && step >= 50 && extent >= 8,
  },
];

/** The list, and who has done what: { el, check(shot, settings) }. */
export function challenges() {
  const memory = CHALLENGES.map(() => ({}));
  const marks = CHALLENGES.map(() => h("span", { class: "lab-done", role: "status" }));
  const items = CHALLENGES.map(({ name, text }, k) =>
    h("li", {}, h("strong", {}, name), ` ${text} `, marks[k]),
  );
  return {
    el: h("ol", { class: "lab-tasks" }, items),
    check(shot, settings) {
      CHALLENGES.forEach(({ done }, k) => {
        if (memory[k].solved || !done(shot, settings, memory[k])) return;
        memory[k].solved = true;
        marks[k].textContent = "Done.";
      });
    },
  };
}
