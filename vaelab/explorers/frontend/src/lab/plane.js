// The latent plane: what is decoded everywhere, the unseen pictures' codes over it, and a handle to decode at.

import { colour, h, number } from "../dom.js";
import { pad } from "../pad.js";
import { unitName } from "./bars.js";
import { axisNames, badges, circles, dotsOf, ellipses, mineOf, squares, stampsOf } from "./marks.js";
import { sheet } from "./paint.js";

const FRAME = 1000 / 60; // milliseconds
const EASE = 0.3; // share of the way that a dot goes in a frame
const CALM = 0.1; // the same of a class's name
const OFTEN = 150; // milliseconds between two looks at where the classes lie
const STILL = 1e-3;
const NEAR = 0.14; // shares of the extent within which dots count as neighbours
const OWN = [0.7, 0.85]; // a class is named from where so much of what is near is its own

/** A plane: { el, show(shot), frame(): did anything move, code(), ... }; places are shares of the extent. */
export function plane({ palette, onMove }) {
  const tiles = document.createElement("canvas");
  const looks = { ellipses: false, circles: true };
  let shot = null,
    about = null,
    dots = null, // where they are drawn, on their way to shot.codes
    extent = 3,
    mine = null,
    spots = [], // where the classes' names are, on their way to goals
    goals = [],
    looked = 0, // when goals were found
    inks = null, // the theme's colours
    stamps = null;

  const axis = (k) => (shot && shot.axes.length <= k ? "class" : unitName(shot?.axes[k] ?? k));
  const describe = (x, y) => `${axis(0)} ${number(extent * x)}, ${axis(1)} ${number(extent * y)}`;
  const map = pad({
    label: "Place on the latent plane",
    x: { min: -1, max: 1 },
    y: { min: -1, max: 1 },
    value: [0, 0],
    describe,
    backdrop,
    onMove() {
      hint.remove();
      onMove();
    },
  });
  const hint = h("span", { class: "lab-drag" }, "drag me");
  map.el.querySelector(".vae-handle").append(hint);

  /** The code under the handle: other numbers are 0. */
  function code() {
    const z = new Float32Array(about?.latent ?? 2);
    map.value.forEach((share, k) => {
      if (shot && shot.axes[k] !== undefined) z[shot.axes[k]] = share * extent;
    });
    return z;
  }

  /** Show the plane as far as `next`; the handle stays at its code, or at the edge. */
  function widen(next) {
    map.value = map.value.map((share) => (share * extent) / next);
    extent = next;
  }

  function themeInks() {
    const [ink, paper, accent] = ["--vae-ink", "--vae-paper", "--vae-accent"].map((n) => colour(n, map.el));
    inks = { ink, paper, accent };
    stamps = stampsOf(palette, paper, map.el.clientWidth < 340 ? 3 : 3.75);
  }

  function paintTiles() {
    const { grid, plane: bytes } = shot,
      [, height, width] = about.shape;
    const image = sheet(bytes, about.shape, { count: grid * grid, columns: grid, ink: inks.ink });
    if (tiles.width !== grid * width) [tiles.width, tiles.height] = [grid * width, grid * height];
    tiles.getContext("2d").putImageData(image, 0, 0);
  }

  function backdrop(context, width, height) {
    if (!shot) return;
    const scale = width / 2 / extent;
    const at = (x, y) => [width / 2 + scale * x, height / 2 - scale * y];
    const view = { at, scale, colours: palette, ...inks };
    const seen = { dots, spreads: shot.spreads, labels: about.labels };
    context.globalAlpha = about.shape[0] === 1 ? 0.34 : 0.6;
    const half = scale * shot.extent; // the tiles keep their places while the view widens
    context.drawImage(tiles, width / 2 - half, height / 2 - half, 2 * half, 2 * half);
    context.globalAlpha = 1;
    if (looks.circles) circles(context, view);
    if (looks.ellipses) ellipses(context, view, seen);
    dotsOf(context, view, seen, stamps.stamps, looks.ellipses ? 2 : stamps.half);
    squares(context, view, shot.sampleCodes);
    if (about.names.length > 1) badges(context, view, about.names, spots);
    if (mine) mineOf(context, view, mine);
    axisNames(context, width, height, [axis(0), axis(1)], inks);
  }

  /** For each class the dot with most others of its class around it, and how far these have the place to themselves. */
  function densest() {
    const { codes } = shot,
      { labels, names } = about,
      counts = names.map((_, k) => labels.reduce((n, label) => n + (label === k), 0));
    const closeness = (i, j) => {
      const away = (codes[2 * i] - codes[2 * j]) ** 2 + (codes[2 * i + 1] - codes[2 * j + 1]) ** 2;
      return Math.exp(-away / (2 * (NEAR * shot.extent) ** 2));
    };
    const indices = [...labels.keys()];
    return names.map((_, k) => {
      const own = indices.filter((i) => labels[i] === k);
      let best = -1,
        spot = null;
      for (const i of own) {
        const weight = own.reduce((sum, j) => sum + closeness(i, j), 0);
        if (weight > best) [best, spot] = [weight, i];
      }
      if (spot === null) return null;
      const all = indices.reduce((sum, j) => sum + closeness(spot, j), 0);
      const [mean, other] = [best / counts[k], (all - best) / Math.max(1, labels.length - counts[k])];
      const share = (mean / (mean + other) - OWN[0]) / (OWN[1] - OWN[0]);
      return { x: codes[2 * spot], y: codes[2 * spot + 1], own: Math.min(1, Math.max(0, share)) };
    });
  }

  /** The classes' names a little nearer to their goals; says whether they go on. */
  function moveNames(ease) {
    let moves = false;
    spots = goals.map((goal, k) => {
      const from = spots[k];
      if (!from || !goal) return goal && { ...goal };
      const next = {};
      for (const name of ["x", "y", "own"]) {
        const way = goal[name] - from[name];
        if (Math.abs(way) > STILL * extent) moves = true;
        next[name] = from[name] + ease * way;
      }
      return next;
    });
    return moves;
  }

  return {
    el: map.el,
    code,
    looks,
    describe: () => describe(...map.value),
    redraw() {
      themeInks();
      if (shot) paintTiles();
      map.redraw();
    },
    /** Bring the handle to a code. */
    goTo(to) {
      hint.remove();
      if (shot) map.value = [0, 1].map((k) => (to[shot.axes[k]] ?? 0) / extent);
    },
    /** Begin with a network: `about` has shape, labels and how many numbers a code has. */
    begin(next) {
      about = next;
      [shot, dots, mine] = [null, null, null];
      [spots, goals] = [[], []];
    },
    show(next) {
      shot = next;
      mine = shot.mine;
      if (!inks) themeInks();
      paintTiles();
      const now = performance.now();
      if (now - looked > OFTEN || !shot.playing) [goals, looked] = [densest(), now];
      if (dots?.length !== shot.codes.length || shot.step === 0) {
        dots = shot.codes.slice();
        widen(shot.extent);
      }
    },
    /** One frame of motion, `elapsed` milliseconds after the last; `at once` for readers who want none. Says whether there is more. */
    frame(atOnce, elapsed) {
      if (!shot) return false;
      const share = (ease) => (atOnce ? 1 : 1 - (1 - ease) ** (elapsed / FRAME));
      const ease = share(EASE);
      let moves = moveNames(share(CALM)) || Math.abs(shot.extent - extent) > STILL;
      widen(extent + ease * (shot.extent - extent));
      for (let i = 0; i < dots.length; i++) {
        const way = shot.codes[i] - dots[i];
        if (Math.abs(way) > STILL * extent) moves = true;
        dots[i] += ease * way;
      }
      map.redraw();
      return moves && !atOnce;
    },
    set mine(next) {
      mine = next;
      map.redraw();
    },
    remove: () => map.remove(),
  };
}
