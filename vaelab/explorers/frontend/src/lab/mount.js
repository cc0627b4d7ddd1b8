// The lab: a VAE that trains before the reader's eyes. Puts its parts together and lets worker and page talk.

import { toggle } from "../controls.js";
import { div, h, number, onTheme } from "../dom.js";
import { put, watch } from "../traits.js";
import { board } from "./board.js";
import { challenges } from "./challenges.js";
import { openWorker } from "./client.js";
import { curves } from "./curves.js";
import { bars, knobs, slips } from "./knobs.js";
import { others } from "./others.js";
import { labelled, pictures } from "./pictures.js";
import { plane } from "./plane.js";
import { settingsOf, TRAITS } from "./settings.js";
import { opened } from "./sheets.js";
import { stepCode } from "./step_code.js";
import { toolbar } from "./toolbar.js";

const SPOKEN = 4000; // milliseconds between two spoken states
const LOOKS = { circles: "circles of the prior", ellipses: "each posterior's ellipse" };
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * `load(key)` gives the files that `sets` names; `kernel` takes and gives weights, where there is one; `inBook`:
 * whether links into the book lead somewhere.
 */
export function mount({ model, el, say, near = Promise.resolve(), report, load, kernel, inBook = false }) {
  const full = model.get("size") === "full";
  const lab = openWorker(report.fail);
  const post = (type, more = {}) => lab.post({ type, ...more });
  const fail = (error) => report.fail(error.message);

  const names = []; // of the set's classes
  const bar = toolbar({ model, play, pace, full });
  const map = plane({ palette: model.get("palette"), names, onMove: decodeHere });
  const rest = others(decodeHere);
  const seen = pictures();
  const losses = curves();
  const units = bars();
  const turn = knobs(model, model.get("knobs"));
  const wrong = slips(model, model.get("shown_slips"), inBook);
  const pad = board({ onPicture: (picture) => post("picture", { picture }), examples });
  const tasks = challenges();
  const code = stepCode({ model, calm, step: () => play("step") });
  const status = h("p", { class: "lab-status" });
  const numbers = h("p", { class: "lab-numbers" });
  const elsewhere = div("lab-elsewhere", seen.large, rest.el);

  el.classList.add("lab");
  el.append(...layout());

  function layout() {
    const looks = Object.entries(LOOKS).map(([name, label]) => look(name, label).el);
    const left = div(
      "lab-left",
      div("lab-ground", map.el, seen.here),
      div("vae-buttons lab-looks", looks),
      elsewhere,
    );
    const bottom = labelled("KL of each number of the code, nats", units.el);
    const right = div("lab-right", seen.rows, losses.el, bottom, numbers);
    const top = [bar.el, status, div("lab-main", left, right)];
    if (!full) return [...top, turn.el, wrong.el];
    const fold = (name, ...content) => h("details", { class: "lab-fold" }, h("summary", {}, name), content);
    return [
      ...top,
      fold("Knobs", turn.el),
      fold("Slips that teach", wrong.el),
      fold("Draw your own", div("vae-row", pad.el, seen.mine)),
      fold("Challenges", tasks.el),
      fold("The step in PyTorch", code.el),
    ];
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

  function play(what) {
    const steps = { step: 1, epoch: about?.steps }[what];
    post(what === "pause" ? "pause" : "play", { steps });
    lit = what === "step";
  }

  function pace() {
    post("pace", { speed: bar.speed, every: calm() ? 1000 : 0 });
  }

  async function decodeHere() {
    if (!about) return;
    const { pictures: bytes } = await lab.ask({ type: "decode", codes: [rest.fill(map.code())] });
    seen.showHere(bytes);
  }

  /** Unseen pictures for those who cannot draw. */
  function examples() {
    if (!about) return [];
    const size = about.originals.length / about.shown.length;
    return about.shown.map((_, k) => about.originals.slice(k * size, (k + 1) * size));
  }

  // ---- what the worker tells ----

  lab.on("open", (message) => {
    about = { ...message, latent: model.get("latent_dim") };
    names.splice(0, names.length, ...about.names);
    shot = null;
    seen.begin(about);
    bar.enable();
    takeGiven();
  });

  lab.on("shot", (message) => {
    if (!shot || message.step < shot.step || message.step === 0) begin();
    shot = message;
    map.show(shot);
    fresh = true;
    next();
  });

  lab.on("mine", ({ mine }) => {
    map.mine = mine;
    seen.showMine(mine);
  });

  /** A network has begun. */
  function begin() {
    kept = -1;
    about.latent = model.get("latent_dim");
    map.begin(about);
    losses.clear();
    rest.clear();
    elsewhere.hidden = about.latent <= 2;
  }

  // ---- frames: the dots move on, and what is new is shown ----

  let frame = 0,
    fresh = false,
    ended = false,
    spoken = 0;

  function next() {
    if (!frame && !ended) frame = requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const moves = map.frame(calm());
    if (fresh) {
      fresh = false;
      show();
      post("drawn");
    }
    if (moves) next();
  }

  function show() {
    const { playing, unitKl, axes } = shot;
    seen.show(shot);
    units.show(unitKl, axes);
    losses.add(shot);
    bar.show(playing);
    tell(playing);
    tasks.check(shot, settingsOf(model));
    if (unitKl.length > 2 && (!playing || !rest.el.children.length)) rest.sort(unitKl, axes);
    decodeHere();
    if (playing) return;
    if (lit) code.light(shot);
    lit = false;
    remember().catch(fail);
  }

  /** In words, for the eye and for the ear. */
  function tell(playing) {
    const { step, epoch, speed, unseen, alive, units: all, named } = shot;
    const sum = number(unseen.error + unseen.kl, 1),
      kl = number(unseen.kl, 1);
    const pictures = playing && speed ? ` · ${Math.round(speed / 100) * 100} pictures a second` : "";
    status.textContent = `Step ${step} · epoch ${number(epoch, 1)}${pictures}`;
    const kinds =
      names.length > 1 ? ` Nearest neighbours of the same kind: ${number(100 * named, 0)} %.` : "";
    numbers.textContent =
      `Unseen: ${sum} nats = reconstruction ${number(unseen.error, 1)} + KL ${kl}. ` +
      `${alive} of ${all} encoder units alive.${kinds}`;
    if (playing && performance.now() - spoken < SPOKEN) return;
    spoken = performance.now();
    say(`Epoch ${number(epoch, 0)}, ${number(unseen.error + unseen.kl, 0)} nats, KL ${kl}`);
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
    const take = (weights) => post("load", { ...weights, settings: settingsOf(model) });
    endGiven ??= kernel?.onWeights(take);
  }

  // ---- traits ----

  async function open() {
    const file = await load(model.get("sets")[model.get("data")]);
    const { meta, data } = await opened(file);
    if (ended) return;
    pad.set = model.get("data");
    post("open", { set: { meta, data }, settings: settingsOf(model), plain: !model.get("webassembly") });
    pace();
  }

  let changing = false; // the set, and many traits with it
  function change() {
    turn.show();
    wrong.show();
    if (about && !changing) post("set", { settings: settingsOf(model) });
  }

  function otherSet() {
    if (!about) return;
    changing = true;
    const recipe = model.get("recipes")[model.get("data")];
    for (const [name, value] of Object.entries(recipe)) put(model, name, value);
    changing = false;
    open().catch(fail);
  }

  const restart = () => about && post("restart", { seed: model.get("seed") });
  const settings = TRAITS.filter((name) => name !== "seed");
  const redraw = () => [map, seen, losses].forEach((part) => part.redraw());
  const hide = () => document.hidden && shot?.playing && play("pause");
  document.addEventListener("visibilitychange", hide);
  const stops = [
    watch(model, settings, change),
    watch(model, ["seed"], restart),
    watch(model, ["data"], otherSet),
    onTheme(redraw),
    () => endGiven?.(),
    () => document.removeEventListener("visibilitychange", hide),
  ];
  near.then(open).catch(fail);
  return () => {
    ended = true;
    cancelAnimationFrame(frame);
    for (const stop of stops) stop();
    for (const part of [map, pad, code]) part.remove();
    lab.end();
  };
}
