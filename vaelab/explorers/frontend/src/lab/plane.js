// The latent plane: what is decoded everywhere, the unseen pictures' codes over it, and a handle to decode at.

import { colour, number } from "../dom.js";
import { pad } from "../pad.js";
import { sheet } from "./paint.js";

const EASE = 0.3; // share of the way that a dot goes in a frame
const STILL = 1e-3;

/** A plane: { el, show(shot), frame(): did anything move, value, ... }; places are shares of the extent. */
export function plane({ palette, names, onMove }) {
  const tiles = document.createElement("canvas");
  const looks = { ellipses: false, circles: true };
  let shot = null,
    about = null,
    dots = null, // where they are drawn, on their way to shot.codes
    extent = 3,
    mine = null,
    spots = [];

  const describe = (x, y) => `${axis(0)} ${number(extent * x)}, ${axis(1)} ${number(extent * y)}`;
  const axis = (k) =>
    shot && shot.axes.length <= k ? "class" : `z${"₁₂₃₄₅₆₇₈₉"[shot?.axes[k] ?? k] ?? shot.axes[k] + 1}`;
  const map = pad({
    label: "Place on the latent plane",
    x: { min: -1, max: 1 },
    y: { min: -1, max: 1 },
    value: [0, 0],
    describe,
    backdrop,
    onMove: () => onMove(code()),
  });

  /** The code under the handle: other numbers are 0. */
  function code() {
    const z = new Float32Array(about?.latent ?? 2);
    map.value.forEach((share, k) => {
      if (shot && shot.axes[k] !== undefined) z[shot.axes[k]] = share * extent;
    });
    return z;
  }

  function paintTiles() {
    const { grid, plane: bytes } = shot,
      [, height, width] = about.shape;
    const image = sheet(bytes, about.shape, {
      count: grid * grid,
      columns: grid,
      ink: colour("--vae-ink", map.el),
    });
    if (tiles.width !== grid * width) [tiles.width, tiles.height] = [grid * width, grid * height];
    tiles.getContext("2d").putImageData(image, 0, 0);
  }

  function backdrop(context, width, height) {
    if (!shot) return;
    const scale = width / 2 / extent;
    const at = (x, y) => [width / 2 + scale * x, height / 2 - scale * y];
    const paper = colour("--vae-paper", map.el),
      ink = context.fillStyle;
    context.globalAlpha = about.shape[0] === 1 ? 0.35 : 0.6;
    context.drawImage(tiles, 0, 0, width, height);
    context.globalAlpha = 1;
    if (looks.circles) circles(context, at, scale, ink);
    if (looks.ellipses) ellipses(context, at, scale);
    drawDots(context, at, paper);
    squares(context, at, ink, paper);
    if (names.length > 1) nameClasses(context, at, paper);
    if (mine) drawMine(context, at, scale, ink);
  }

  function circles(context, at, scale, ink) {
    context.strokeStyle = ink;
    context.setLineDash([5, 4]);
    context.lineWidth = 1;
    context.globalAlpha = 0.45;
    for (const sigmas of [1, 2, 3]) {
      context.beginPath();
      context.arc(...at(0, 0), sigmas * scale, 0, 7);
      context.stroke();
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  /** Each posterior's ellipse of one standard deviation. */
  function ellipses(context, at, scale) {
    context.lineWidth = 1;
    context.globalAlpha = 0.35;
    for (let i = 0; i < dots.length; i += 2) {
      context.strokeStyle = palette[about.labels[i / 2] % palette.length];
      context.beginPath();
      const radii = [shot.spreads[i] * scale, shot.spreads[i + 1] * scale].map((r) => Math.max(r, 0.5));
      context.ellipse(...at(dots[i], dots[i + 1]), ...radii, 0, 0, 7);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  function drawDots(context, at, paper) {
    const paths = palette.map(() => new Path2D());
    const size = map.el.clientWidth < 300 ? 3 : 4;
    for (let i = 0; i < dots.length; i += 2) {
      const [x, y] = at(dots[i], dots[i + 1]),
        path = paths[about.labels[i / 2] % palette.length];
      path.moveTo(x + size, y);
      path.arc(x, y, size, 0, 7);
    }
    context.strokeStyle = paper;
    context.lineWidth = 1.5;
    paths.forEach((path, k) => {
      context.stroke(path);
      context.fillStyle = palette[k];
      context.fill(path);
    });
  }

  /** Where the invented pictures' codes are. */
  function squares(context, at, ink, paper) {
    for (const [x, y] of shot.sampleCodes) {
      const [left, top] = at(x, y).map((v) => v - 5);
      context.strokeStyle = paper;
      context.lineWidth = 4;
      context.strokeRect(left, top, 10, 10);
      context.strokeStyle = ink;
      context.lineWidth = 1.75;
      context.strokeRect(left, top, 10, 10);
    }
  }

  /** Each class's name where its dots lie closest. */
  function nameClasses(context, at, paper) {
    context.font = `700 ${names[0].length > 1 ? 14 : 20}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 5;
    context.strokeStyle = paper;
    spots.forEach((spot, k) => {
      if (!spot) return;
      context.strokeText(names[k], ...at(...spot));
      context.fillStyle = palette[k % palette.length];
      context.fillText(names[k], ...at(...spot));
    });
  }

  function drawMine(context, at, scale, ink) {
    const { mean, spread, draws } = mine;
    context.fillStyle = context.strokeStyle = ink;
    for (const draw of draws) context.fillRect(...at(...draw).map((v) => v - 1.5), 3, 3);
    context.lineWidth = 2;
    for (const sigmas of [1, 2]) {
      context.beginPath();
      context.ellipse(...at(...mean), ...spread.map((s) => Math.max(2, sigmas * s * scale)), 0, 0, 7);
      context.stroke();
    }
  }

  /** For each class the dot with most others of its class around it. */
  function densest() {
    return names.map((_, k) => {
      const own = [];
      for (let i = 0; i < shot.codes.length; i += 2) {
        if (about.labels[i / 2] === k) own.push([shot.codes[i], shot.codes[i + 1]]);
      }
      let best = -1,
        spot = null;
      for (const [x, y] of own) {
        let weight = 0;
        for (const [a, b] of own) weight += Math.exp((-8 * ((x - a) ** 2 + (y - b) ** 2)) / shot.extent);
        if (weight > best) [best, spot] = [weight, [x, y]];
      }
      return spot;
    });
  }

  return {
    el: map.el,
    code,
    looks,
    redraw() {
      if (shot) paintTiles();
      map.redraw();
    },
    /** Begin with a network: `about` has shape, labels and how many numbers a code has. */
    begin(next) {
      about = next;
      [shot, dots, mine] = [null, null, null];
      spots = [];
    },
    show(next) {
      shot = next;
      mine = shot.mine;
      paintTiles();
      const goal = densest();
      spots = goal.map((spot, k) =>
        spot && spots[k] ? spots[k].map((v, i) => v + 0.25 * (spot[i] - v)) : spot,
      );
      if (dots?.length !== shot.codes.length || shot.step === 0)
        [dots, extent] = [shot.codes.slice(), shot.extent];
    },
    /** One frame of motion; `at once` for readers who want none. Says whether there is more. */
    frame(atOnce) {
      if (!shot) return false;
      const ease = atOnce ? 1 : EASE;
      let moves = Math.abs(shot.extent - extent) > STILL;
      extent += ease * (shot.extent - extent);
      for (let i = 0; i < dots.length; i++) {
        const way = shot.codes[i] - dots[i];
        if (Math.abs(way) > STILL * extent) moves = true;
        dots[i] += ease * way;
      }
      map.redraw();
      return moves;
    },
    set mine(next) {
      mine = next;
      map.redraw();
    },
    remove: () => map.remove(),
  };
}
