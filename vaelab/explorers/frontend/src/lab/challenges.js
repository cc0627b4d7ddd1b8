// Things to find out, each with a check of its own. All were tried on both sets of digits: what is asked for can be
// had, and cannot be had by waiting.
//
// A challenge is done when its settings (`when`) have held for so many `steps` and `done(shot, memory)` says so.

import { h } from "../dom.js";
import { SLIPS } from "./settings.js";

const dead = (unitKl) => unitKl.filter((kl) => kl < 0.05).length;

/** The share of codes x, y, x, y, ... within three standard deviations of the prior. */
function inside(codes) {
  let n = 0;
  for (let i = 0; i < codes.length; i += 2) n += Math.hypot(codes[i], codes[i + 1]) < 3;
  return (2 * n) / codes.length;
}

export const CHALLENGES = [
  {
    name: "What the price pays for",
    text:
      "The noise blurs neighbours into each other. An encoder that pays nothing can escape it. Keep the noise, start " +
      "anew, and stretch the map beyond six sigmas.",
    hint: "Far apart, codes hardly feel the noise. What keeps them from moving there?",
    when: ({ noise, price, beta }) => noise && !(price && beta),
    steps: 50,
    done: ({ extent }) => extent >= 6,
  },
  {
    name: "An autoencoder that can invent",
    text:
      "Switch noise and price off and start anew: the dots spread far beyond the third circle, and the twelve squares " +
      "fall among a few of them. Bring nearly all dots within the third circle, without any noise.",
    hint: "Something has to pull the dots to the middle: the price charges for a mean's distance from 0, noise or none.",
    when: ({ noise, latent }) => !noise && latent === 2,
    steps: 300,
    done: ({ codes }) => inside(codes) >= 0.9,
  },
  {
    name: "A map for four nats",
    text:
      "To name one of ten digits takes 2.3 nats (ln 10) at most. This map spends five or six on each picture. Make one " +
      "that spends four at most, on which three in five pictures still have a nearest neighbour of their own kind.",
    hint: "Beta is what a nat costs. Each step up from 1 saves nats, and at 20 the map is lost. Try in between.",
    when: ({ latent, noise, price }) => latent === 2 && noise && price,
    steps: 200,
    done: ({ unseen, named }) => unseen.kl <= 4 && named >= 0.6,
  },
  {
    name: "Wake the sleepers",
    text:
      "Set 32 numbers in a code and train 400 steps: about half of the units carry nothing, their KL bars stay flat. " +
      "Start anew, and have nearly all alive after 400 steps, at the full price of beta 1.",
    hint:
      "At the start the units say nothing useful yet, and the price is charged all the same: the cheapest thing a unit " +
      "can do is to fall silent. Let the price come later: warm-up.",
    when: ({ latent, price }) => latent === 32 && price,
    steps: 400,
    done: ({ step, beta, unitKl }) => beta >= 1 && step <= 1000 && dead(unitKl) <= 6,
  },
  {
    name: "The false friend",
    text:
      "Set beta to 20 with ReLUs and start anew: after 300 steps the map has shrunk. It looks like posterior collapse, " +
      "but see how many encoder units are alive. Set beta back to 1: the dead ones stay dead. Bring a fifth of all to " +
      "life, without starting anew. (Two in five is healthy.)",
    hint:
      "A ReLU with only negative inputs has no slope, so nothing can move it again. Give it one: the other choice " +
      "of hidden units.",
    done({ step, alive, units }, memory) {
      if (step === 0 || memory.step > step) memory.dead = false;
      memory.step = step;
      if (step >= 50 && alive <= units / 10) memory.dead = true;
      return Boolean(memory.dead) && alive >= units / 5;
    },
  },
];

/** A judge of one challenge: `(shot, settings)` of every shot in turn; is it done, and without a slip? */
export function judge({ when = () => true, steps = 0, done }) {
  const memory = {};
  let [from, before] = [0, 0];
  return (shot, settings) => {
    const holds = when(settings) && !Object.values(SLIPS).some((slip) => settings[slip]);
    if (shot.step < before || !holds) from = shot.step;
    before = shot.step;
    return done(shot, memory) && holds && shot.step - from >= steps;
  };
}

/** The list, and what is done: { el, tally: how many in words, check(shot, settings) }. */
export function challenges() {
  const judges = CHALLENGES.map(judge);
  const marks = CHALLENGES.map(() => h("span", { class: "lab-done", role: "status" }));
  const items = CHALLENGES.map(({ name, text, hint }, k) =>
    h(
      "li",
      {},
      h("strong", {}, name),
      ". ",
      text,
      " ",
      marks[k],
      h(
        "details",
        {},
        h("summary", { class: "vae-hint", "aria-label": `A hint: ${name}` }, "A hint"),
        h("p", { class: "vae-hint" }, hint),
      ),
    ),
  );
  const tally = h("span", { class: "lab-done" });
  return {
    el: h("ol", { class: "lab-tasks" }, items),
    tally,
    check(shot, settings) {
      judges.forEach((done, k) => {
        if (!done(shot, settings) || marks[k].textContent) return;
        marks[k].textContent = "Done.";
        const all = marks.filter((mark) => mark.textContent).length;
        tally.textContent = ` · ${all} of ${CHALLENGES.length} done`;
      });
    },
  };
}
