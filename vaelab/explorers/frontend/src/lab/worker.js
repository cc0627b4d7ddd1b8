// The lab's worker: it holds the pictures and the VAE, trains, and tells the page what there is to see.
//
// ---- what the page sends ----
// { type: "open", set: { meta, data }, settings, plain? }   first, and for another set; `plain`: no WebAssembly
// { type: "set", settings: {...} }        some of SETTINGS (trainer.js) change; the sizes and the likelihood start anew
// { type: "restart", seed? }              from new random weights
// { type: "play", steps? }                train, for so many steps or until "pause"
// { type: "pause" }
// { type: "pace", speed: "slow" | "watch" | "fast", every }   `every`: milliseconds between shots at least
// { type: "drawn" }                       the last shot is on the screen: the next may come
// { type: "picture", picture: Uint8Array | null }   the reader's own: encoded at once and in every shot
// { type: "decode", id, codes: Float32Array[] }
// { type: "weights", id }   { type: "load", numbers, middle, settings }
//
// ---- what the page gets ----
// { type: "open", shape: [C, H, W], names, labels: of the unseen pictures, shown: which of these are in the row,
//   originals: their pixels, steps: in an epoch, backend: "wasm" | "js" }
// { type: "shot", ...Trainer.shot() (see there), speed: pictures a second, playing }
// { type: "mine", mine }                  the reader's picture, as in a shot
// { type: "pictures", id, pictures: Uint8Array }     pixels 0 to 255, (n, C, H, W)
// { type: "weights", id, numbers: Float32Array, middle: Float32Array, settings, step }
// { type: "failed", message }
//
// Pixels are always bytes, (C, H, W), picture after picture; codes are Float32Arrays.

import wasm from "wasm:lab/kernels";
import { fromBase64 } from "../base64.js";
import { modulesOf } from "../modules.js";
import { openSet } from "./sets.js";
import { Trainer } from "./trainer.js";

const SLICE = 12; // milliseconds of training between looks at the mail
const SHARE = 1.5; // a shot may cost 1 / (1 + SHARE) of the time

let trainer, modules;
let left = 0; // steps to go
let done = 0; // steps since the last shot
let shown = true; // is the last shot on the screen?
let last = 0; // when it was made
let cost = 0; // milliseconds that it took
let rate = 0; // pictures a second
const pace = { speed: "watch", every: 0 };

/** Steps from shot to shot: at first one, as they matter most. */
const stride = (step) =>
  ({ slow: 1, watch: Math.min(8, Math.max(1, Math.round(step / 40))), fast: 32 })[pace.speed];

function send(message, ...buffers) {
  postMessage(message, { transfer: buffers });
}

function shoot() {
  const start = performance.now();
  const shot = trainer.shot();
  [done, shown, last] = [0, false, performance.now()];
  cost = last - start;
  const buffers = [shot.codes, shot.spreads, shot.plane, shot.reconstructions, shot.samples].map(
    (a) => a.buffer,
  );
  send({ type: "shot", ...shot, speed: rate, playing: left > 0 }, ...buffers);
}

/** Train until a shot is due or the slice is over. */
function train() {
  const start = performance.now();
  let steps = 0,
    now;
  do {
    trainer.step();
    [steps, done, left] = [steps + 1, done + 1, left - 1];
    now = performance.now();
  } while (left > 0 && done < stride(trainer.time) && now - start < SLICE);
  const here = (steps * trainer.settings.batch * 1000) / Math.max(1, now - start); // a clock may be coarse
  rate += (rate ? 0.1 : 1) * (here - rate);
}

/** When the next shot may be made. */
const due = () => last + Math.max(pace.every, SHARE * cost, pace.speed === "slow" ? 250 : 0);

// setTimeout waits 4 milliseconds at least; a message to oneself comes at once, after those that wait.
const channel = new MessageChannel();
let awake = false;
let timer = 0;
function wake() {
  clearTimeout(timer);
  if (!awake) channel.port2.postMessage(0);
  awake = true;
}
channel.port1.onmessage = () => {
  awake = false;
  guarded(turn);
};

/** One slice of training, or a shot; then again, unless the page must act first. */
function turn() {
  if (left <= 0) return;
  if (done < stride(trainer.time)) train();
  const wait = due() - performance.now();
  if (left <= 0 || (shown && wait <= 0 && done >= stride(trainer.time))) shoot();
  if (left <= 0) return;
  if (done < stride(trainer.time)) wake();
  else if (shown) timer = setTimeout(wake, wait);
}

const hear = {
  async open({ set: packed, settings, plain }) {
    left = 0;
    modules = plain ? [] : modulesOf(fromBase64(wasm));
    const set = await openSet(packed);
    trainer = await Trainer.open(modules, set, settings);
    globalThis.trainer = trainer; // for tests, and for the curious
    const { labels, originals, shown: row, epoch, backend } = trainer;
    const { shape, names } = set;
    send({ type: "open", shape, names, labels, shown: row, originals, steps: epoch, backend });
    shoot();
  },
  async set({ settings }) {
    await trainer.change(settings);
    if (left <= 0 || trainer.time === 0) shoot();
  },
  async restart({ seed }) {
    await trainer.restart(seed);
    shoot();
  },
  play({ steps }) {
    left = steps ?? Infinity;
    wake();
  },
  pause() {
    if (left > 0) {
      left = 0;
      shoot();
    }
  },
  pace({ speed, every }) {
    Object.assign(pace, { speed, every });
    wake();
  },
  drawn() {
    shown = true;
    wake();
  },
  picture({ picture }) {
    if (!trainer) return;
    trainer.picture = picture;
    send({ type: "mine", mine: trainer.mine() });
  },
  decode({ id, codes }) {
    const pictures = trainer.decode(codes);
    send({ type: "pictures", id, pictures }, pictures.buffer);
  },
  weights({ id }) {
    send({ type: "weights", id, ...trainer.weights() });
  },
  async load(weights) {
    await trainer.load(weights);
    shoot();
  },
};

async function guarded(work) {
  try {
    await work();
  } catch (error) {
    left = 0;
    send({ type: "failed", message: error.message });
  }
}

let queue = Promise.resolve(); // one message after the other: some take their time
addEventListener("message", ({ data }) => {
  queue = queue.then(() => guarded(() => hear[data.type](data)));
});
