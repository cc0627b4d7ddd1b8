// The lab: a VAE that trains before the reader's eyes. Puts its parts together and lets worker and page talk.

import { toggle } from "../controls.js";
import { div, h, note, number, onTheme } from "../dom.js";
import { put, watch } from "../traits.js";
import { bars } from "./bars.js";
import { board } from "./board.js";
import { challenges } from "./challenges.js";
import { openWorker } from "./client.js";
import { curves } from "./curves.js";
import { knobs, slips } from "./knobs.js";
import { others } from "./others.js";
import { labelled, pictures } from "./pictures.js";
import { plane } from "./plane.js";
import { settingsOf, TRAITS } from "./settings.js";
import { opened } from "./sheets.js";
import { stepCode } from "./step_code.js";
import { toolbar } from "./toolbar.js";

const SPOKEN = 4000; // milliseconds between two spoken states
const SORTED = 2000; // between two orders of the sliders
const LOOKS = { circles: "circles of the prior", ellipses: "posteriors" };
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * `load(key)` gives the files that `sets` names; `kernel` takes and gives weights, where there is one; `inBook`:
 * whether links into the book lead somewhere.
 */
export function mount({ model, el, say, near = Promise.resolve(), report, load, kernel, inBook = false }) {
  const full = model.get("size") === "full";
  const lab = openWorker(failed);
  const post = (type, more = {}) => lab.post({ type, ...more });
  const fail = (error) => report.fail(error.message);

  const bar = toolbar({ model, play, pace, full });
  const map = plane({ palette: model.get("palette"), onMove: decodeHere });
  const rest = others(decodeHere);
  const seen = pictures({ onPick: goTo });
  const losses = curves();
  const units = bars();
  const turn = knobs(model, model.get("knobs"));
  const wrong = slips(model, model.get("shown_slips"), inBook);
  const pad = board({ onPicture: (picture) => post("picture", { picture }), examples });
  const tasks = challenges();
  const code = stepCode({ model, calm, step: () => play("step") });
  const status = h("p", { class: "lab-status" });
  const numbers = h("p", { class: "lab-numbers" });
  const place = h("span", { class: "lab-place" }, map.describe());
  const legend = h("span", { class: "lab-legend" });
  const key = note(
    "Each dot is an unseen picture, in the colour of its kind; each square a place picked blindly.",
  );
  const invite = h("p", { class: "lab-invite" }, "Random weights. Press ", h("b", {}, "Train"));
  const drawn = ownDigit();
  const quests = fold(["Challenges", tasks.tally], tasks);

  el.classList.add("lab", full ? "lab-full" : "lab-small");
  el.append(...layout());

  function layout() {
    const ground = div("lab-ground", map, invite);
    const looks = div(
      "lab-looks",
      Object.entries(LOOKS).map(([name, label]) => look(name, label)),
      legend,
      place,
      full ? key : "",
    );
    const here = labelled("Handle", seen.here);
    here.classList.add("lab-handle");
    const charts = div("lab-charts", losses.all, units);
    bar.el.append(status);
    if (!full) {
      const knobsHere = div("lab-turn", turn, wrong);
      const left = div("lab-left", ground, looks);
      const right = div(
        "lab-right",
        div("lab-here-and-knobs", here, knobsHere),
        seen.invented,
        charts,
        losses.legend,
      );
      return [bar.el, div("lab-main", left, right)];
    }
    const left = div("lab-left", ground, div("lab-under", looks, here, drawn, rest));
    const more = div("lab-more", losses.legend, numbers);
    const right = div(
      "lab-right",
      seen.unseen,
      seen.invented,
      charts,
      more,
      fold("Knobs", turn),
      fold("Slips that teach", wrong),
    );
    return [bar.el, div("lab-main", left, right), quests, fold("The step in PyTorch", code)];
  }

  function fold(name, ...content) {
    return h("details", { class: "lab-fold" }, h("summary", {}, name), content);
  }

  /** The sheet to draw on, beside what the network reads there. */
  function ownDigit() {
    const hint = note("Its place appears on the plane, and here what the decoder draws there.");
    const side = div("lab-own-side", hint, seen.mine, pad.buttons);
    return labelled("Draw your own", div("lab-own", pad, side));
  }

  function look(name, label) {
    const change = (on) => {
      map.looks[name] = on;
      map.redraw();
    };
    return toggle({ label, value: map.looks[name], onChange: change });
  }

  // ---- what the reader does ----

  let about = null; // what the worker told of the set
  let shot = null; // where training stands
  let kept = -1; // the step that the traits know of
  let lit = false; // light the code up once the step is done
  let given = false; // weights from the kernel

  function play(what) {
    if (!about) return;
    const steps = { step: 1, epoch: about.steps }[what];
    post(what === "pause" ? "pause" : "play", { steps });
    lit = what === "step";
  }

  function pace() {
    post("pace", { speed: bar.speed, every: calm() ? 1000 : 0 });
  }

  async function decodeHere() {
    if (!shot) return;
    const codes = [rest.fill(map.code(), shot.axes)];
    const { pictures: bytes } = await lab.ask({ type: "decode", codes });
    place.textContent = map.describe();
    seen.showHere(bytes, place.textContent);
  }

  /** The handle, and the sliders, to an unseen picture's code. */
  function goTo(k) {
    if (!shot) return;
    map.goTo(shot.rowCodes[k]);
    rest.take(shot.rowCodes[k]);
    decodeHere();
    say(map.describe());
  }

  /** Unseen pictures for those who cannot draw. */
  function examples() {
    if (!about) return [];
    const size = about.originals.length / about.shown.length;
    return about.shown.map((_, k) => about.originals.slice(k * size, (k + 1) * size));
  }

  // ---- what the worker tells ----

  /** What went wrong there; it has stopped. */
  function failed(message) {
    report.fail(message);
    if (!shot) return;
    shot.playing = false;
    bar.show(false);
  }

  lab.on("open", (message) => {
    about = { ...message, latent: model.get("latent_dim") };
    [shot, fresh] = [null, null];
    seen.begin(about);
    const colours = about.shape[0] === 3;
    el.classList.toggle("lab-colour", colours);
    drawn.hidden = quests.hidden = colours; // both are about digits
    showLegend();
    bar.enable();
    takeGiven();
  });

  lab.on("shot", (message) => {
    if (!shot || message.step < shot.step || message.step === 0) begin();
    shot = message;
    fresh = "plane";
    next();
  });

  /** The classes' colours, where their names are too long for the plane. */
  function showLegend() {
    const { names } = about;
    const words = names.length > 1 && names[0].length > 1;
    const palette = model.get("palette");
    const dot = (name, k) =>
      h("span", {}, h("i", { style: { background: palette[k % palette.length] } }), name);
    legend.replaceChildren(...(words ? names.map(dot) : []));
  }

  lab.on("mine", ({ mine }) => {
    map.mine = mine;
    seen.showMine(mine);
    say(mine ? "Your picture is on the plane." : "The sheet is empty.");
  });

  /** A network has begun. */
  function begin() {
    report.fail("");
    kept = -1;
    about.latent = model.get("latent_dim");
    map.begin(about);
    losses.clear();
    rest.clear();
    rest.el.hidden = about.latent <= 2;
  }

  // ---- frames: the dots move on, and what is new is shown, first on the plane, in the next frame beside it ----

  let frame = 0,
    fresh = null, // what of the shot comes next: "plane", "rest"
    ended = false,
    spoken = 0,
    told, // what was spoken last; since the reader began anew, that there was a network
    drawnAt = 0,
    sorted = 0;

  function next() {
    if (!frame && !ended) frame = requestAnimationFrame(draw);
  }

  function draw(now) {
    frame = 0;
    const part = fresh;
    fresh = part === "plane" ? "rest" : null;
    if (part === "plane") map.show(shot);
    const moves =
      (part === "plane" || !calm()) && map.frame(calm(), Math.min(100, Math.max(4, now - drawnAt)));
    drawnAt = now;
    if (part === "rest") {
      show();
      post("drawn");
    }
    if (moves || fresh) next();
  }

  function show() {
    const { playing, unitKl, axes } = shot;
    seen.show(shot);
    units.show(unitKl, axes);
    losses.add(shot);
    bar.show(playing);
    tell(playing);
    if (!quests.hidden) tasks.check(shot, settingsOf(model));
    if (unitKl.length > 2) sortSliders(playing);
    decodeHere();
    if (playing) return;
    if (lit) code.light(shot);
    lit = false;
    remember().catch(fail);
  }

  /** By their KL, now and then, but never under the reader's hand. */
  function sortSliders(playing) {
    const soon = playing && performance.now() - sorted < SORTED;
    if (rest.el.children.length && (soon || rest.el.matches(":hover, :focus-within"))) return;
    sorted = performance.now();
    rest.sort(shot.unitKl, shot.axes);
  }

  /** In words, for the eye and for the ear. */
  function tell(playing) {
    const { step, epoch, speed, unseen, alive, units: all, named, reached } = shot;
    const { names } = about;
    const rate = playing && speed ? `${(Math.round(speed / 100) * 100).toLocaleString("en")} pictures` : "";
    invite.hidden = step > 0 || playing || given;
    const words = [`Step ${step.toLocaleString("en")}`, `epoch ${number(epoch, 1)}`];
    status.replaceChildren(
      ...words.map((text) => h("span", {}, text)),
      rate
        ? h(
            "span",
            {},
            rate,
            h("span", { class: "lab-wide" }, " a second"),
            h("span", { class: "lab-narrow" }, "/s"),
          )
        : "",
    );
    const kinds = [
      `${number(100 * named, 0)} % of the dots have a nearest neighbour of their own kind`,
      `the squares reach ${reached} of ${names.length} kinds`,
    ];
    numbers.textContent = [...(names.length > 1 ? kinds : []), `${alive} of ${all} encoder units alive`].join(
      " · ",
    );
    if (playing && performance.now() - spoken < SPOKEN) return;
    spoken = performance.now();
    const now = `Epoch ${number(epoch, 0)}, ${number(unseen.error + unseen.kl, 0)} nats, KL ${number(unseen.kl, 1)}`;
    if (now !== told && (told || step)) say(now); // not what has only come into sight, nor the same again
    told = now;
  }

  /** Tell the traits, and so a kernel, where training stands. */
  async function remember() {
    if (kept === shot.step) return;
    kept = shot.step;
    model.set("history", [...losses.history]); // a new list is news to the kernel, one that grew is not
    put(model, "step", shot.step);
    if (kernel) kernel.keep(await lab.ask({ type: "weights" }));
  }

  let endGiven = null;
  /** From the first opening on, take the weights that a kernel gives. */
  function takeGiven() {
    endGiven ??= kernel?.onWeights(take);
  }

  // ---- traits ----

  let asked = 0; // how many times a set was; only the last one opens
  async function open() {
    const mine = ++asked;
    const name = model.get("data");
    const { meta, data } = await opened(await load(model.get("sets")[name]));
    if (ended || mine < asked) return;
    const playing = shot?.playing;
    pad.set = name;
    post("open", { set: { meta, data }, settings: settingsOf(model), plain: !model.get("webassembly") });
    pace();
    if (playing) post("play");
  }

  let changing = false; // the set, and many traits with it
  function change() {
    turn.show();
    wrong.show();
    if (about && !changing) post("set", { settings: settingsOf(model) });
  }

  function otherSet() {
    given = false;
    changing = true;
    const recipe = model.get("recipes")[model.get("data")];
    for (const [name, value] of Object.entries(recipe)) put(model, name, value);
    changing = false;
    wrong.show();
    status.textContent = "Getting the pictures";
    open().catch(fail);
  }

  function restart() {
    given = false;
    told = shot;
    if (about) post("restart", { seed: model.get("seed") });
  }
  function take(weights) {
    given = true;
    post("load", { ...weights, settings: settingsOf(model) });
  }
  const settings = TRAITS.filter((name) => name !== "seed");
  const redraw = () => [map, seen, losses].forEach((part) => part.redraw());
  const hide = () => document.hidden && shot?.playing && play("pause");
  document.addEventListener("visibilitychange", hide);
  model.on("change:data", otherSet); // and not at once, as `watch` does: a lab may open with values of its own
  const stops = [
    watch(model, settings, change),
    watch(model, ["seed"], restart),
    () => model.off("change:data", otherSet),
    onTheme(redraw),
    () => endGiven?.(),
    () => document.removeEventListener("visibilitychange", hide),
  ];
  near.then(open).catch(fail);
  return () => {
    ended = true;
    cancelAnimationFrame(frame);
    for (const stop of stops) stop();
    for (const part of [map, losses, pad, code]) part.remove();
    lab.end();
  };
}
