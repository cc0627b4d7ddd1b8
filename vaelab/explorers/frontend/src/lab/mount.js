// The lab: a VAE that trains before the reader's eyes. Puts its parts together and lets worker and page talk.

import { button, choice, toggle } from "../controls.js";
import { div, h, note, number, onTheme } from "../dom.js";
import { figure } from "../picture.js";
import { put, watch } from "../traits.js";
import { board } from "./board.js";
import { CHALLENGES } from "./challenges.js";
import { chart } from "./chart.js";
import { openWorker } from "./client.js";
import { bars, knobs, slips } from "./knobs.js";
import { strip } from "./paint.js";
import { plane } from "./plane.js";
import { settingsOf, TRAITS } from "./settings.js";
import { opened } from "./sheets.js";
import { stepCode } from "./step_code.js";

const SAMPLES = 12;
const SPOKEN = 4000; // milliseconds between two spoken states
const KEPT = 500; // entries of the history
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const fold = (name, ...content) => h("details", { class: "lab-fold" }, h("summary", {}, name), content);

/**
 * `load(key)` gives the files that `sets` names; `kernel` takes and gives weights, where there is one; `inBook`:
 * whether links into the book lead somewhere.
 */
export function mount({ model, el, say, near = Promise.resolve(), report, load, kernel, inBook = false }) {
  const full = model.get("size") === "full";
  const lab = openWorker(report.fail);
  const memory = CHALLENGES.map(() => ({}));
  let about = null,
    shot = null,
    playing = false,
    spoken = 0,
    fresh = false,
    ended = false,
    history = [];

  // ---- what the reader presses ----

  const post = (type, more = {}) => lab.post({ type, ...more });
  const train = button("Train", () => play(playing ? 0 : Infinity), {
    class: "vae-button lab-train",
    disabled: true,
  });
  const step = button("One step", () => play(1), { disabled: true });
  const epoch = button("One epoch", () => play(about.steps), { disabled: true });
  const anew = button("Start anew", () => put(model, "seed", (model.get("seed") + 1) % 2 ** 31), {
    disabled: true,
  });
  const speed = choice({
    label: "Speed",
    options: [
      ["slow", "slow"],
      ["watch", "to watch"],
      ["fast", "fast"],
    ],
    value: "watch",
    onChange: pace,
  });
  const sets = Object.keys(model.get("sets"));
  const data = choice({
    label: "Learns",
    options: sets.map((name) => [name, name === "digits" ? "drawn digits" : name]),
    value: model.get("data"),
    onChange: (name) => put(model, "data", name),
  });
  const seed = h("span", { class: "vae-hint lab-seed" });
  const status = h("p", { class: "lab-status" });
  const controls = div("vae-buttons lab-buttons", train, step, epoch, anew, seed);

  function play(steps) {
    post(steps ? "play" : "pause", { steps });
    lit = steps === 1;
  }
  let lit = false; // light the code up once the step is done

  function pace(name = speed.value) {
    post("pace", { speed: name, every: calm() ? 1000 : 0 });
  }

  // ---- what there is to see ----

  const [palette, names] = [model.get("palette"), []];
  const map = plane({ palette, names, onMove: decodeHere });
  const here = h("div", { class: "lab-here" });
  const losses = chart({
    label: "Loss",
    lines: [
      { name: "training", colour: "--vae-second", thin: true },
      { name: "unseen", colour: "--vae-accent" },
    ],
  });
  const kls = chart({
    label: "KL",
    floor: 0,
    lines: [
      { name: "training", colour: "--vae-second", thin: true },
      { name: "unseen", colour: "--vae-accent" },
    ],
  });
  const legend = note(
    h("span", { class: "lab-key lab-key-unseen" }),
    "500 unseen pictures, by the right formula ",
    h("span", { class: "lab-key lab-key-train" }),
    "the batches it learns from",
  );
  const units = bars();
  const numbers = h("p", { class: "lab-numbers" });
  const rows = div("lab-rows");
  let strips = {};

  const looks = div(
    "vae-buttons lab-looks",
    look("circles", "circles of the prior"),
    look("ellipses", "each posterior's ellipse"),
  );
  function look(name, label) {
    const control = toggle({
      label,
      value: map.looks[name],
      onChange(on) {
        map.looks[name] = on;
        map.redraw();
      },
    });
    return control.el;
  }

  const turn = knobs(model, model.get("knobs"));
  const wrong = slips(model, model.get("shown_slips"), inBook);
  const pad = board({ onPicture: (picture) => post("picture", { picture }), examples });
  const mine = div("lab-mine");
  const code = stepCode(calm);
  const tasks = CHALLENGES.map(({ name, text }) => ({
    el: h("li", {}, h("strong", {}, name), " ", text, " ", h("span", { class: "lab-done", role: "status" })),
  }));

  const left = div("lab-left", div("lab-ground", map.el, here), looks);
  const right = div(
    "lab-right",
    rows,
    div("lab-charts", labelled("Loss, nats a picture", losses.el), labelled("KL, nats a picture", kls.el)),
    labelled("KL of each number of the code, nats", units.el),
    numbers,
  );
  el.classList.add("lab");
  el.classList.toggle("lab-small", !full);
  el.append(
    div("lab-top", controls, full ? speed.el : null, sets.length > 1 ? data.el : null),
    status,
    div("lab-main", left, right),
    model.get("knobs").length ? (full ? fold("Knobs", turn.el) : turn.el) : null,
    ...(full
      ? [
          fold("Slips that teach", wrong.el),
          fold("Draw your own", div("vae-row", pad.el, mine)),
          fold(
            "Challenges",
            h(
              "ol",
              { class: "lab-tasks" },
              tasks.map((task) => task.el),
            ),
          ),
          fold(
            "The step in PyTorch",
            code.el,
            note("Press One step: the line at work lights up, with the first picture's numbers."),
          ),
        ]
      : [wrong.el]),
  );

  function labelled(text, content) {
    return div("lab-labelled", h("span", { class: "vae-hint" }, text), content);
  }

  // ---- between worker and page ----

  lab.on("open", (message) => {
    about = { ...message, latent: model.get("latent_dim") };
    names.splice(0, names.length, ...about.names);
    const { shape, shown } = about;
    const plain = (label, count, columns) => strip({ shape, count, columns, label });
    strips = {
      originals: plain("Unseen pictures", shown.length),
      back: plain("The same, encoded and decoded", shown.length),
      samples: plain("Twelve invented pictures", SAMPLES, SAMPLES / 2),
      here: plain("Decoded at the handle", 1),
      reconstruction: plain("Your picture, encoded and decoded", 1),
      drawn: plain("Draws from its posterior, decoded", 6, 3),
    };
    rows.replaceChildren(
      labelled("Unseen, and what comes back", strips.originals.el),
      strips.back.el,
      labelled("Invented: from twelve codes that stay, the squares on the plane", strips.samples.el),
    );
    here.replaceChildren(strips.here.el);
    mine.replaceChildren(
      figure(strips.reconstruction.el, "encoded and decoded"),
      figure(strips.drawn.el, "draws from its posterior"),
    );
    strips.originals.show(about.originals);
    for (const control of [train, step, epoch, anew]) control.disabled = false;
    decodeHere(map.code());
  });

  lab.on("shot", (message) => {
    if (!shot || message.step < shot.step || message.step === 0) begin();
    shot = message;
    map.show(shot);
    fresh = true;
    playing = shot.playing;
    next();
  });

  lab.on("mine", ({ mine: found }) => showMine(found));

  function begin() {
    about.latent = model.get("latent_dim");
    map.begin(about);
    losses.clear();
    kls.clear();
    history = [];
  }

  async function decodeHere(z) {
    if (!about) return;
    const { pictures } = await lab.ask({ type: "decode", codes: [z] });
    strips.here?.show(pictures);
  }

  function showMine(found) {
    map.mine = found;
    mine.hidden = !found;
    if (!found) return;
    strips.reconstruction.show(found.reconstruction);
    strips.drawn.show(found.drawn);
  }

  /** Unseen pictures for those who cannot draw. */
  function examples() {
    if (!about || about.shape[0] > 1) return [];
    const size = about.originals.length / about.shown.length;
    return about.shown.map((_, k) => about.originals.slice(k * size, (k + 1) * size));
  }

  // ---- frames ----

  let frame = 0;
  const next = () => {
    if (!frame && !ended) frame = requestAnimationFrame(draw);
  };
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
    const { unseen, unitKl } = shot;
    strips.back.show(shot.reconstructions);
    strips.samples.show(shot.samples);
    if (shot.mine) showMine(shot.mine);
    units.show(unitKl, shot.axes);
    const sum = unseen.error + unseen.kl;
    if (shot.train) {
      losses.add(shot.step, [shot.train.error + shot.train.kl, sum]);
      kls.add(shot.step, [shot.train.kl, unseen.kl]);
      history.push({ step: shot.step, reconstruction: unseen.error, kl: unseen.kl, named: shot.named });
      if (history.length > KEPT) history = history.filter((_, i) => i % 2 === 0 || i === history.length - 1);
    }
    losses.label = `Loss on unseen pictures: ${number(sum, 1)} nats.`;
    kls.label = `KL on unseen pictures: ${number(unseen.kl, 1)} nats.`;
    train.textContent = playing ? "Pause" : "Train";
    train.setAttribute("aria-pressed", playing);
    seed.textContent = `seed ${model.get("seed")}`;
    const pictures = shot.speed ? ` · ${Math.round(shot.speed / 100) * 100} pictures a second` : "";
    status.textContent = `Step ${shot.step} · epoch ${number(shot.epoch, 1)}${playing ? pictures : ""}`;
    const alive = `${shot.alive} of ${shot.units} encoder units alive`;
    const named =
      about.names.length > 1 ? ` Nearest neighbours of the same kind: ${number(100 * shot.named, 0)} %.` : "";
    numbers.textContent =
      `Unseen: ${number(sum, 1)} nats = reconstruction ${number(unseen.error, 1)} + KL ${number(unseen.kl, 1)}. ` +
      `${alive}.${named}`;
    check();
    if (lit && !playing) code.light(shot.last);
    lit = lit && playing;
    if (performance.now() - spoken > SPOKEN || !playing) {
      spoken = performance.now();
      say(`Epoch ${number(shot.epoch, 0)}, ${number(sum, 0)} nats, KL ${number(unseen.kl, 1)}`);
    }
    decodeHere(map.code());
    if (!playing) remember();
  }

  function check() {
    const settings = settingsOf(model);
    CHALLENGES.forEach(({ done }, k) => {
      if (memory[k].solved || !done(shot, settings, memory[k])) return;
      memory[k].solved = true;
      tasks[k].el.querySelector(".lab-done").textContent = "Done.";
    });
  }

  /** Tell the traits, and so a kernel, where training stands. */
  async function remember() {
    if (model.get("step") === shot.step) return;
    model.set("history", history);
    put(model, "step", shot.step);
    if (kernel) kernel.keep(await lab.ask({ type: "weights" }));
  }

  async function open() {
    const file = await load(model.get("sets")[model.get("data")]);
    if (ended) return;
    pad.set = model.get("data");
    const { meta, data: bytes } = await opened(file);
    lab.post({
      type: "open",
      set: { meta, data: bytes },
      settings: settingsOf(model),
      plain: !model.get("webassembly"),
    });
    pace();
  }

  const tell = () => {
    turn.show();
    wrong.show();
    if (about) post("set", { settings: settingsOf(model) });
  };
  const restart = () => about && post("restart", { seed: model.get("seed") });
  const other = () => {
    data.value = model.get("data");
    if (about) open().catch((error) => report.fail(error.message));
  };
  const stops = [
    kernel?.onWeights((weights) => post("load", { ...weights, settings: settingsOf(model) })) ?? (() => {}),
    watch(
      model,
      TRAITS.filter((name) => name !== "seed"),
      tell,
    ),
    watch(model, ["seed"], restart),
    watch(model, ["data"], other),
    onTheme(() => {
      map.redraw();
      for (const part of [...Object.values(strips), losses, kls]) part.redraw();
    }),
  ];
  const hidden = () => document.hidden && playing && play(0);
  document.addEventListener("visibilitychange", hidden);
  mine.hidden = true;
  near.then(open).catch((error) => report.fail(error.message));
  return () => {
    ended = true;
    cancelAnimationFrame(frame);
    document.removeEventListener("visibilitychange", hidden);
    for (const stop of stops) stop();
    for (const part of [map, pad, code]) part.remove();
    lab.end();
  };
}
