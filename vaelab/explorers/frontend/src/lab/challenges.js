// Things to find out, each with a check of its own: `done(shot, settings, memory)` looks at every shot.
//
// All were tried (vaelab's tests train them): what is asked for can be had, and cannot be had by waiting.

import { h } from "../dom.js";

const dead = ({ unitKl }) => unitKl.filter((kl) => kl < 0.05).length;

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
      "Set beta to 20 with ReLUs: everything collapses onto a point, and beta 1 does not bring it back. It looks like " +
      "a collapsed posterior, but look at how many encoder units are alive: they are dead ReLUs. Revive the same " +
      "network, without starting anew.",
    done({ step, alive, units, unitKl }, _, memory) {
      if (step === 0 || memory.step > step) memory.dead = false;
      memory.step = step;
      if (alive <= units / 20) memory.dead = true;
      return Boolean(memory.dead) && unitKl.reduce((a, b) => a + b, 0) > 3;
    },
  },
  {
    name: "An autoencoder that can invent",
    text:
      "Switch noise and price off and start anew: the codes spread wide, and the twelve squares fall into a few " +
      "digits only. Get the squares among at least eight kinds of digits again, without any noise.",
    done: ({ step, reached }, { noise, latent }) => !noise && latent === 2 && step >= 300 && reached >= 8,
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
