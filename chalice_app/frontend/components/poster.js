// Posters. Where no picture is known one is drawn: the film's id, title, genre and year decide the
// composition, the palette and the lettering, so a film's poster is the same everywhere and always.

import { h, html, useMemo, useState } from "../vendor/preact.js";

const W = 200;
const H = 300;

// ---- chance that always falls the same way ------------------------------------------------------

function chanceFrom(seed) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let i = 0; i < 5; i++) next();
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    whole: (low, high) => Math.floor(low + next() * (high - low + 1)),
    pick: (list) => list[Math.floor(next() * list.length)],
    maybe: (odds = 0.5) => next() < odds,
  };
}

// ---- palettes: ground, lettering on the ground, and three colours of ink --------------------------

const INKS = {
  Crime: ["14181f f4efe6 d7263d f2b134 3a4654", "f1e6d2 1a1a1a c1121f 3b3b3b e0a030", "1e2f33 f6e9cf e4572e 7aa095 f3a712"],
  Thriller: ["0f1b2d f5f1e8 ff5a36 2f5d8a 9bb8d3", "e8432d fff4e0 1b1b1f ffb400 7d1a12", "f2efe6 10222e e4412a 1d6a78 efb12f"],
  Drama: ["ede3d0 22302f c8553d 588b8b f2a65a", "283d3b f6ead2 d9583f e9d8c4 2f8083", "f3d9b1 3b1f2b a5402d e08e45 5b7b7a",
    "2c3e63 f7ecd8 f08a4b d9c5a0 6f8fb9", "c8553d fff0da 2b2d42 f2b880 7a2c1c"],
  Comedy: ["ffd23f 241a3d ee4266 2fae94 6a1b7a", "2fa99b fff8e7 ff6b4a ffd166 123c46", "ff9aa8 3a0f2c fff0c9 d7263d 4f86b5",
    "f7f0dc 1f3b57 f2542d 0e9594 f5b82e"],
  Romance: ["f7c8c4 5a0f2e d1345b f49d6e fff1e6", "5b1a36 ffe3d8 ff7a70 f6b2a0 9b2c4f", "f6ead9 4a1d33 e0607e 7fa6a3 f2b5a0"],
  Action: ["1b1b1d ffe8c7 ff4d00 ffb200 5c5c5c", "d62a1e fff3dc 111111 ffc21a 7a120b", "20303c ffefd6 ff8a1f e5383b 6d8796"],
  Horror: ["0c0c0e f0e9dd b3001b 5b0a12 7c8a6e", "b10f1f fbe9d2 160406 5d0610 f4b183", "d8dcc2 1c1f16 8a1220 7c8b58 3a4030"],
  Documentary: ["e9e6df 1b2a38 2f6690 f26419 9fb8c3", "1b3a4b f2efe6 f2a541 6aa6a6 e4572e", "f4d35e 16302b 0d6e6e ee964b 16302b"],
  "Sci-Fi": ["10132e e9f1ff 3fc6ef ff5d73 4b4a8f", "e6e9ec 15202b ff4f1f 2d6cdf 9aa7b1", "06302f dffcf1 34d1a3 f9c846 1d6b66"],
  Fantasy: ["1c2b4a fbe8c8 e6a23c 6fb1a0 8a4f7d", "cfe3d4 24324a 7a4e7e e2954e 3f7d6e", "3f2a56 f9e7c4 f0a35e 74b3a8 c65b7c"],
  Adventure: ["f2b24a 21303a d1512d 2f7f79 fbeac6", "1f5c57 ffefcf f2a33a d9542b 0f3431", "efe2c3 2b3a2e d3622b 4f7f5d e7b142"],
  Musical: ["d92f68 fff1dc 2b1140 ffc83d 7a1450", "1d1147 ffeccb ff5f8f ffc145 4a7bd0", "fbe3c0 3b1230 e6455a 2c8c99 f2a72e"],
  Biography: ["d9cbb0 2d2a26 8c5a2b 46615c b8432f", "33402f f1e6cc c9973f 8ba07c b3492f", "efe6d5 2a3442 b5523b 6c7f8c d9a24a"],
  Mystery: ["16213a ece3cf d9a441 4c6a92 8d2f3f", "c9cfd6 1b2330 31507a d18b2c 5a6675", "10302f efe5cb d98f3e 3f7a72 a33b3b"],
  War: ["4b5037 f0e7cf c2432b a59b6a 22261a", "d8c9a3 2a2c22 a7331f 6b7048 45472f", "2d3138 ece4d0 d05a2c 7d8578 a8a08a"],
  Family: ["3f9fd6 fffdf0 ffd447 ff6b6b 1d5d8c", "ffb84d 3d1f52 f0524f 46ad99 fff3d1", "7fcf9b 153b3a ff7657 ffe27a 2b7a78"],
  Western: ["e8a04c 3a1c12 b5381f f7d79c 6e2c1a", "8c2f1b fbe3b4 e88c30 f4c069 3f150c", "f0dcb4 40231a c4512d d99a4e 7d8f83"],
  Sport: ["0d5c46 f7f3e3 f4c20d e4502e 0a3a2d", "f0ede4 122a4c e23d2e 2c6fbb f2b41b", "1c3d7a fff6df ff6f3c ffd24a 102650"],
};
Object.assign(INKS, { Music: INKS.Musical, Animation: INKS.Family, Children: INKS.Family, History: INKS.Biography,
  "Film-Noir": INKS.Crime, "Science Fiction": INKS["Sci-Fi"], "TV Movie": INKS.Drama, Foreign: INKS.Drama });

function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

function mix(one, other, share) {
  const part = (at) => Math.round(parseInt(one.slice(at, at + 2), 16) * (1 - share) + parseInt(other.slice(at, at + 2), 16) * share);
  return `#${[1, 3, 5].map((at) => part(at).toString(16).padStart(2, "0")).join("")}`;
}

/** The one of the palette's two extremes that reads best on a colour. */
const lettersOn = (colour, p) => (contrast(colour, p.ground) > contrast(colour, p.letters) ? p.ground : p.letters);

// ---- shapes -------------------------------------------------------------------------------------

const n = (value) => Math.round(value * 10) / 10;
const disc = (x, y, radius) => {
  const r = n(radius); // rounded first: arcs over a chord that is a little short bulge
  return `M${n(x - r)} ${n(y)}a${r} ${r} 0 1 0 ${n(2 * r)} 0a${r} ${r} 0 1 0 ${n(-2 * r)} 0z`;
};
const box = (x, y, w, hh) => `M${n(x)} ${n(y)}h${n(w)}v${n(hh)}h${n(-w)}z`;
const poly = (points) => `M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join("L")}z`;
const fill = (d, colour, more) => h("path", { d, fill: colour, ...more });
const turned = (angle, cx, cy) => ([x, y]) => {
  const [s, c] = [Math.sin(angle), Math.cos(angle)];
  return [cx + (x - cx) * c - (y - cy) * s, cy + (x - cx) * s + (y - cy) * c];
};

// ---- compositions: each answers its art, and where the lettering goes -------------------------------

const below = (p, more) => ({ x: 14, y: 206, w: 172, h: 62, sit: "bottom", ink: p.letters, ...more });
const above = (p, more) => ({ x: 14, y: 34, w: 172, h: 66, sit: "top", ink: p.letters, ...more });

function sunset(c, p) {
  const horizon = c.between(168, 190);
  const x = c.between(62, 138);
  const r = c.between(50, 74);
  const sunY = horizon - c.between(0.1, 0.5) * r;
  const slats = [];
  for (let y = sunY - r * 0.1, gap = 2; y < sunY + r; y += 12, gap += 1.3) slats.push(box(x - r, y, 2 * r, gap));
  const sea = mix(p.ground, p.b, 0.55);
  const ripples = Array.from({ length: 7 }, (_, i) => {
    const w = c.between(18, 90) * (1 - i / 14);
    return box(x - w / 2 + c.between(-14, 14), horizon + 6 + i * 11, w, 2.4);
  });
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(disc(x, sunY, r), p.a),
      fill(slats.join(""), p.ground),
      fill(box(0, horizon, W, H), sea),
      fill(ripples.join(""), p.a),
    ],
    title: above(p, { y: 32, h: Math.max(46, sunY - r - 44) }),
    credit: { ink: lettersOn(sea, p) },
  };
}

function paperCut(c, p) {
  const rough = (x, y, w, hh) => {
    const j = () => c.between(-7, 7);
    return poly([[x + j(), y + j()], [x + w / 2, y + j() / 2], [x + w + j(), y + j()], [x + w + j(), y + hh + j()], [x + w / 2, y + hh + j() / 2], [x + j(), y + hh + j()]]);
  };
  const shards = [];
  const aim = [c.between(60, 140), c.between(120, 165)];
  const count = c.whole(5, 8);
  const from = c.between(0, 6.28);
  for (let i = 0; i < count; i++) {
    const angle = from + (i / count) * 6.28 + c.between(-0.25, 0.25);
    const turn = turned(angle, aim[0], aim[1]);
    const [near, far, thick] = [c.between(14, 36), c.between(90, 190), c.between(8, 22)];
    shards.push(poly([[aim[0] + near, aim[1] - thick * 0.2], [aim[0] + far, aim[1] - thick], [aim[0] + far + 12, aim[1] + thick * 0.7], [aim[0] + near, aim[1] + thick * 0.4]].map(turn)));
  }
  const half = Math.ceil(count / 2);
  return {
    art: [
      fill(box(0, 0, W, H), p.a),
      fill(shards.slice(0, half).join(""), p.letters),
      fill(shards.slice(half).join(""), p.b),
      fill(rough(aim[0] - 24, aim[1] - 26, 48, 50), p.ground),
      fill(rough(-4, 208, 208, 104), p.ground),
    ],
    title: below(p, { y: 219, h: 52, face: "display" }),
  };
}

function tunnel(c, p) {
  const [x, y] = [c.between(70, 130), c.between(90, 130)];
  const [dx, dy] = [c.between(-5, 5), c.between(-4, 6)];
  const rings = c.whole(9, 13);
  const square = c.maybe(0.35);
  const twist = c.between(0.05, 0.16);
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      ...Array.from({ length: rings }, (_, i) => {
        const r = 190 * (1 - i / rings) ** 1.15;
        const [cx, cy] = [x + dx * i, y + dy * i];
        const corner = turned(twist * i, cx, cy);
        const shape = square ? poly([[cx - r, cy - r], [cx + r, cy - r], [cx + r, cy + r], [cx - r, cy + r]].map(corner)) : disc(cx, cy, r);
        return fill(shape, i === rings - 1 ? p.b : i % 2 ? p.ground : p.a);
      }),
      fill(box(0, 212, W, 88), p.ground),
    ],
    title: below(p, { y: 222, h: 50 }),
  };
}

function tiles(c, p) {
  const size = c.pick([40, 50, 66.7]);
  const rows = Math.round(200 / size);
  const shapes = { a: [], b: [], c: [], letters: [] };
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < Math.round(W / size); col++) {
      const [x, y] = [col * size, row * size];
      const turn = turned((Math.PI / 2) * c.whole(0, 3), x + size / 2, y + size / 2);
      const at = (px, py) => turn([x + px * size, y + py * size]).map(n).join(" ");
      const kind = c.whole(0, 5);
      const arc = (r) => `A${n(r * size)} ${n(r * size)} 0 0 1 `;
      const d = [
        `M${at(0, 0)}L${at(1, 0)}${arc(1)}${at(0, 1)}z`,
        `M${at(0, 0.5)}${arc(0.5)}${at(1, 0.5)}z`,
        `M${at(0, 0)}L${at(1, 0)}L${at(0, 1)}z`,
        disc(x + size / 2, y + size / 2, size * 0.36),
        `M${at(0, 0)}L${at(0.5, 0)}${arc(0.5)}${at(0, 0.5)}zM${at(1, 1)}L${at(0.5, 1)}${arc(0.5)}${at(1, 0.5)}z`,
        "",
      ][kind];
      shapes[c.pick(["a", "a", "b", "b", "c", "letters"])].push(d);
    }
  return {
    art: [fill(box(0, 0, W, H), p.ground), ...Object.entries(shapes).map(([ink, ds]) => fill(ds.join(""), p[ink]))],
    title: below(p, { y: 214, h: 58, face: "sans" }),
  };
}

function lettering(c, p, movie) {
  const flip = c.maybe();
  const [ground, ink] = flip ? [p.a, lettersOn(p.a, p)] : [p.ground, p.letters];
  const [one, two] = flip ? [p.b, p.c] : [p.a, p.b];
  const short = movie.title.length < 12; // a short title leaves more room to fill
  const [x, r] = [c.between(20, 180), short ? c.between(84, 112) : c.between(44, 78)];
  const rows = short ? 5 : 2;
  const art = c.pick([
    () => [fill(disc(x, 30, r), one), fill(disc(x + c.between(-20, 20), 30, r * 0.45), ground)],
    () => [fill(`M0 0H${n(r * 1.7)}A${n(r * 1.7)} ${n(r * 1.7)} 0 0 1 0 ${n(r * 1.7)}z`, one), fill(disc(166, 34, 20), two)],
    () => Array.from({ length: rows * 2 }, (_, i) => fill(box(14, 20 + i * 15, 172 - i * c.between(14, 42), 8), i % 2 ? two : one)),
    () => [fill(`M14 ${n(30 + r / 2)}a${n(r / 1.6)} ${n(r / 1.6)} 0 0 1 ${n(r * 1.25)} 0z`, one), fill(`M${n(14 + r * 1.25)} ${n(30 + r / 2)}a${n(r / 1.6)} ${n(r / 1.6)} 0 0 0 ${n(r * 0.62)} 0z`, two)],
    () => [fill(poly([[W, 0], [W, r * 1.6], [W - r * 1.6, 0]]), one), fill(poly([[W - r * 1.6, 0], [W - r * 0.8, r * 0.8], [W - r * 0.8, 0]]), two)],
    () => [fill(Array.from({ length: rows * 6 }, (_, i) => disc(27 + (i % 6) * 29, 30 + Math.floor(i / 6) * 29, 10)).join(""), one), fill(disc(27 + c.whole(0, 5) * 29, 30 + c.whole(0, rows - 1) * 29, 10), two)],
  ])();
  return {
    art: [fill(box(0, 0, W, H), ground), ...art],
    title: { x: 14, y: 110, w: 172, h: 157, sit: "bottom", ink, face: "display", justify: true },
    credit: { ink },
  };
}

function stripes(c, p) {
  const angle = c.pick([-0.6, -0.35, 0.4, 0.78]);
  const turn = turned(angle, 100, 120);
  const step = c.between(15, 26);
  const bars = [];
  for (let y = -140; y < 380; y += step) bars.push(poly([[-160, y], [360, y], [360, y + step * 0.5], [-160, y + step * 0.5]].map(turn)));
  const x = c.between(70, 130);
  const r = c.between(46, 66);
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(bars.join(""), p.a),
      fill(disc(x, 112, r), p.b),
      fill(disc(x + c.between(-22, 22), 112 + c.between(-18, 18), r * c.between(0.35, 0.6)), p.letters),
      fill(box(0, 200, W, 100), p.ground),
    ],
    title: below(p, { y: 212, h: 60, face: "sans" }),
  };
}

function ranges(c, p) {
  const ridge = (base, rise, colour) => {
    const points = [[0, H], [0, base + c.between(-8, 8)]];
    for (let x = 0; x < W; ) {
      x += c.between(22, 46);
      points.push([Math.min(W, x), base - (points.length % 2 ? 0 : rise) * c.between(0.5, 1)]);
    }
    return fill(poly([...points, [W, H]]), colour);
  };
  const far = mix(p.ground, p.b, 0.45);
  const front = luminance(p.ground) < 0.2 ? mix(p.ground, "#000000", 0.35) : mix(p.letters, p.b, 0.1);
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(disc(c.between(45, 155), c.between(132, 148), c.between(18, 32)), p.a),
      ridge(178, 50, far),
      ridge(206, 46, p.b),
      ridge(232, 40, mix(p.b, front, 0.6)),
      ridge(258, 22, front),
    ],
    title: above(p, { h: 60 }),
    credit: { ink: lettersOn(front, p) },
  };
}

function spotlight(c, p) {
  const x = c.between(-20, 220);
  const pool = c.between(72, 128);
  const half = c.between(26, 56);
  const light = mix(p.ground, p.a, 0.9);
  const figure = `${disc(pool, 158, 4.6)}M${n(pool - 5)} 165h10l2 20h-3l-1 13h-6l-1-13h-3z`;
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      c.maybe() && fill(poly([[W - x - 3, -6], [W - x + 3, -6], [pool + half, 196], [pool - half, 196]]), p.b, { opacity: 0.45 }),
      fill(poly([[x - 3, -6], [x + 3, -6], [pool + half, 196], [pool - half, 196]]), light, { opacity: 0.5 }),
      h("ellipse", { cx: n(pool), cy: 196, rx: n(half), ry: 9, fill: light }),
      fill(figure, p.ground === light ? p.letters : mix(p.ground, "#000000", 0.5)),
    ],
    title: below(p, { y: 216, h: 56, face: "serif", middle: true }),
    credit: { middle: true },
  };
}

function curves(c, p) {
  const [a, b] = [c.whole(3, 7), c.whole(2, 9)];
  const phase = c.between(0, 3);
  const points = Array.from({ length: 361 }, (_, i) => {
    const t = (i / 360) * 2 * Math.PI;
    const r = 62 + 26 * Math.cos(((b * 2 + 1) / 2) * t * 2 + phase);
    return `${n(100 + r * Math.cos(a * t) * 1.05)} ${n(112 + r * Math.sin(a * t))}`;
  });
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(disc(100, 112, 30), p.a),
      h("path", { d: `M${points.join("L")}z`, fill: "none", stroke: p.letters, "stroke-width": 1.1 }),
    ],
    title: below(p, { y: 218, h: 54, middle: true }),
    credit: { middle: true },
  };
}

function skyline(c, p) {
  const rear = [];
  const front = [];
  const windows = [];
  for (let x = -6; x < W; ) {
    const w = c.between(16, 30);
    rear.push(box(x, c.between(96, 160), w + 1, H));
    x += w;
  }
  for (let x = -10; x < W; ) {
    const w = c.between(24, 40);
    const top = c.between(140, 196);
    front.push(box(x, top, w - 3, H));
    for (let wy = top + 8; wy < 204; wy += 9) for (let wx = x + 5; wx < x + w - 9; wx += 7) if (c.maybe(0.33)) windows.push(box(wx, wy, 3.4, 4.6));
    x += w;
  }
  const night = luminance(p.ground) < 0.25;
  const wall = night ? mix(p.ground, "#000000", 0.45) : p.letters;
  return {
    art: [
      fill(box(0, 0, W, H), night ? p.ground : p.a),
      fill(disc(c.between(40, 160), c.between(60, 100), c.between(20, 38)), night ? p.a : p.ground),
      fill(rear.join(""), night ? mix(p.ground, p.b, 0.45) : mix(p.a, p.letters, 0.4)),
      fill(front.join(""), wall),
      fill(windows.join(""), p.b),
      fill(box(0, 206, W, 100), wall),
    ],
    title: below(p, { y: 214, h: 58, ink: lettersOn(wall, p), face: "display" }),
    credit: { ink: lettersOn(wall, p) },
  };
}

function initial(c, p, movie) {
  const letter = (movie.title.match(/[\p{L}\p{N}]/u) ?? ["?"])[0].toUpperCase();
  const face = c.pick(["display", "serif", "sans"]);
  const per = measure(letter, face);
  const size = Math.min(330, 190 / per);
  const [x, y] = [c.between(30, 150), c.between(60, 140)];
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(disc(x, y, c.between(44, 66)), p.b),
      h("text", { x: 100, y: n(112 + size * 0.36), "font-size": n(size), fill: p.a, "text-anchor": "middle", ...FACES[face].props }, letter),
      fill(box(0, 214, W, 90), p.ground),
    ],
    title: below(p, { y: 222, h: 50, face }),
  };
}

function orbits(c, p) {
  const [x, y] = [c.between(60, 140), c.between(96, 126)];
  const rings = c.whole(3, 5);
  const planets = { a: [], b: [], letters: [] };
  const stars = Array.from({ length: 34 }, () => disc(c.between(0, W), c.between(0, H), c.between(0.4, 1.1))).join("");
  const lines = Array.from({ length: rings }, (_, i) => {
    const r = 38 + i * c.between(19, 25);
    const angle = c.between(0, 6.28);
    planets[c.pick(["a", "b", "letters"])].push(disc(x + r * Math.cos(angle), y + r * Math.sin(angle), c.between(4, 10)));
    return disc(x, y, r);
  }).join("");
  const big = c.between(22, 32);
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(stars, p.letters, { opacity: 0.7 }),
      h("path", { d: lines, fill: "none", stroke: p.letters, "stroke-width": 0.8, opacity: 0.55 }),
      fill(disc(x, y, big), p.a),
      fill(`M${n(x)} ${n(y - big)}a${n(big)} ${n(big)} 0 0 1 0 ${n(2 * big)}a${n(big * 1.5)} ${n(big * 1.5)} 0 0 0 0 ${n(-2 * big)}z`, mix(p.a, p.ground, 0.45)),
      ...Object.entries(planets).map(([ink, ds]) => fill(ds.join(""), p[ink])),
      fill(box(0, 212, W, 88), p.ground),
    ],
    title: below(p, { y: 220, h: 52, face: "sans", spaced: true }),
  };
}

function eye(c, p) {
  const y = c.between(104, 124);
  const open = c.between(46, 74);
  const lid = (grow) => `M${6 - grow} ${n(y)}Q100 ${n(y - open - grow * 1.6)} ${194 + grow} ${n(y)}Q100 ${n(y + open + grow * 1.6)} ${6 - grow} ${n(y)}z`;
  const x = 100 + c.between(-18, 18);
  const iris = open * 0.46;
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(lid(26), mix(p.ground, p.a, 0.35)),
      fill(lid(11), p.a),
      fill(lid(-4), p.letters),
      fill(disc(x, y, iris), p.b),
      fill(disc(x, y, iris * 0.55), "#0c0c0e"),
      fill(disc(x - iris * 0.3, y - iris * 0.35, iris * 0.17), "#ffffff"),
    ],
    title: below(p, { y: 214, h: 58, middle: true, face: c.pick(["serif", "display"]) }),
    credit: { middle: true },
  };
}

function twoCircles(c, p) {
  const r = c.between(52, 64);
  const d = r * c.between(0.5, 0.75);
  const tilt = c.between(-0.9, 0.9);
  const [ax, ay] = [100 - d * Math.cos(tilt), 112 - d * Math.sin(tilt)];
  const [bx, by] = [100 + d * Math.cos(tilt), 112 + d * Math.sin(tilt)];
  const rise = Math.sqrt(r * r - d * d);
  const [tx, ty] = [100 - rise * Math.sin(tilt), 112 + rise * Math.cos(tilt)];
  const [ux, uy] = [100 + rise * Math.sin(tilt), 112 - rise * Math.cos(tilt)];
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(disc(ax, ay, r), p.a),
      fill(disc(bx, by, r), p.b),
      fill(`M${n(ux)} ${n(uy)}A${n(r)} ${n(r)} 0 0 1 ${n(tx)} ${n(ty)}A${n(r)} ${n(r)} 0 0 1 ${n(ux)} ${n(uy)}z`, p.letters),
    ],
    title: below(p, { y: 212, h: 60, face: "serif", middle: true }),
    credit: { middle: true },
  };
}

function blinds(c, p) {
  const [x, r] = [c.between(64, 136), c.between(44, 58)];
  const slats = [];
  for (let y = -8; y < 204; y += 13) slats.push(poly([[0, y], [W, y + c.between(-1, 1)], [W, y + 7.6], [0, y + 6.4]]));
  const shoulders = `M${n(x - r * 1.5)} 206q0 ${n(-r * 0.95)} ${n(r * 1.05)} ${n(-r * 1.02)}h${n(r * 0.9)}q${n(r * 1.05)} 0 ${n(r * 1.05)} ${n(r * 1.02)}z`;
  const hat = `M${n(x - r)} ${n(88)}h${n(2 * r)}l-4 6h${n(8 - 2 * r)}zM${n(x - r * 0.6)} 90l6 -32q${n(r * 0.6 - 6)} -9 ${n(r * 1.2 - 12)} 0l6 32z`;
  return {
    art: [
      fill(box(0, 0, W, H), p.a),
      fill(shoulders + hat + disc(x, 112, r * 0.55), mix(p.ground, "#000000", luminance(p.ground) < 0.2 ? 0.4 : 0.75)),
      fill(slats.join(""), p.ground, { opacity: 0.93 }),
      fill(box(0, 206, W, 94), p.ground),
    ],
    title: below(p, { y: 218, h: 54, face: "display" }),
  };
}

function rays(c, p) {
  const [x, y] = [c.between(40, 160), c.between(120, 190)];
  const count = c.whole(11, 19);
  const wedges = Array.from({ length: count }, (_, i) => {
    const [from, to] = [(i / count) * 6.2832, ((i + 0.5) / count) * 6.2832];
    return poly([[x, y], [x + 340 * Math.cos(from), y + 340 * Math.sin(from)], [x + 340 * Math.cos(to), y + 340 * Math.sin(to)]]);
  });
  const r = c.between(38, 56);
  const land = luminance(p.ground) < 0.2 ? p.ground : p.letters;
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(wedges.join(""), mix(p.ground, p.a, 0.75)),
      fill(disc(x, y, r), p.b),
      fill(disc(x, y, r * 0.7), p.letters === land ? p.ground : p.letters),
      fill(`M0 ${n(y + 8)}q60 -22 100 -4t100 -8V300H0z`, land),
    ],
    title: below(p, { y: 214, h: 58, ink: lettersOn(land, p) }),
    credit: { ink: lettersOn(land, p) },
  };
}

function waves(c, p) {
  const size = c.pick([25, 33.4, 40]);
  const rings = [];
  for (let row = 0, y = 84; y < 214 + size; y += size / 2, row++)
    for (let x = row % 2 ? 0 : -size; x < W + size; x += size * 2)
      rings.push(...[1, 0.72, 0.44, 0.18].map((share, i) => fill(disc(x + size, y + size, size * share), i % 2 ? p.ground : row % 5 === 3 ? p.b : p.a)));
  return {
    art: [fill(box(0, 0, W, H), p.ground), ...rings, fill(box(0, 214, W, 90), p.ground)],
    title: c.maybe(0.4) ? above(p, { y: 30, h: 50 }) : below(p, { y: 222, h: 50 }),
  };
}

function stairs(c, p) {
  const steps = c.whole(4, 10);
  const [rise, run] = [c.between(110, 176) / steps, W / steps];
  const flip = c.maybe();
  const at = (x) => (flip ? W - x : x);
  const foot = (i) => [at(run * i), 212 - rise * i];
  const points = [[at(0), 214]];
  for (let i = 0; i < steps; i++) points.push([at(run * i), 212 - rise * (i + 1)], [at(run * (i + 1)), 212 - rise * (i + 1)]);
  points.push([at(W), 214]);
  const deep = c.between(0.22, 0.4);
  const treads = Array.from({ length: steps }, (_, i) => {
    const [x, y] = [run * i, 212 - rise * (i + 1)];
    return poly([[at(x), y], [at(x + run), y], [at(x + run), y + rise * deep], [at(x), y + rise * deep]]);
  });
  const stand = c.whole(1, steps - 2);
  const [x, y] = [at(run * (stand + 0.5)), foot(stand + 1)[1]];
  const tall = c.between(16, 24);
  const shade = mix(p.ground, "#000000", 0.55);
  return {
    art: [
      fill(box(0, 0, W, H), p.ground),
      fill(disc(at(c.between(40, 96)), c.between(46, 74), c.between(22, 44)), p.b),
      fill(poly(points), p.a),
      fill(treads.join(""), mix(p.a, p.letters, 0.8)),
      fill(`${disc(x, y - tall * 1.18, tall * 0.19)}${poly([[x - tall * 0.17, y - tall], [x + tall * 0.17, y - tall], [x + tall * 0.13, y], [x - tall * 0.13, y]])}`, shade),
      fill(box(0, 212, W, 88), p.ground),
    ],
    title: below(p, { y: 222, h: 50, face: "display" }),
  };
}

const ALL = [sunset, paperCut, tunnel, tiles, lettering, stripes, ranges, spotlight, curves, skyline, initial, orbits, eye, twoCircles, blinds, rays, waves, stairs];
const SUITED = {
  Crime: [paperCut, blinds, skyline, stairs, lettering, spotlight],
  Thriller: [tunnel, stairs, paperCut, eye, skyline, curves],
  Drama: [twoCircles, sunset, lettering, tiles, paperCut, waves, initial, spotlight],
  Comedy: [tiles, stripes, lettering, rays, initial, waves],
  Romance: [twoCircles, sunset, waves, initial, curves],
  Action: [rays, stripes, lettering, tunnel, skyline, paperCut],
  Horror: [eye, tunnel, paperCut, spotlight, lettering, stairs],
  Documentary: [tiles, lettering, stripes, initial, curves],
  "Sci-Fi": [orbits, curves, tunnel, stripes, rays, lettering, skyline],
  Fantasy: [ranges, orbits, waves, rays, curves],
  Adventure: [ranges, sunset, rays, waves],
  Musical: [spotlight, stripes, curves, tiles, rays],
  Biography: [initial, lettering, spotlight, tiles],
  Mystery: [eye, blinds, stairs, spotlight, tunnel],
  War: [ranges, rays, stripes, paperCut, lettering],
  Family: [rays, tiles, ranges, waves, sunset],
  Western: [sunset, ranges, rays],
  Sport: [stripes, rays, tiles, lettering],
};
Object.assign(SUITED, { Music: SUITED.Musical, Animation: SUITED.Family, Children: SUITED.Family, History: SUITED.Biography,
  "Film-Noir": [blinds, spotlight, stairs], "Science Fiction": SUITED["Sci-Fi"] });

// ---- lettering ------------------------------------------------------------------------------------

const FACES = {
  display: {
    font: '"Avenir Next Condensed", "Roboto Condensed", Bahnschrift, "Liberation Sans Narrow", "Nimbus Sans Narrow", "Arial Narrow", sans-serif',
    weight: 700, upper: true, line: 0.92, cap: 0.72,
  },
  serif: { font: '"Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "Liberation Serif", serif', weight: 700, line: 1.02, cap: 0.68 },
  sans: { font: '"Avenir Next", "Segoe UI", "Helvetica Neue", "Liberation Sans", Roboto, Arial, sans-serif', weight: 700, line: 1, cap: 0.72 },
};
for (const face of Object.values(FACES))
  face.props = { "font-family": face.font, "font-weight": face.weight, ...(face.upper && { "font-stretch": "condensed" }) };

const widths = new Map();
let pen = null;

/** The width of a text in a face, at a font size of 1. */
function measure(text, name) {
  const key = `${name}${text}`;
  if (!widths.has(key)) {
    pen ??= document.createElement("canvas").getContext("2d");
    const face = FACES[name];
    if ("fontStretch" in pen) pen.fontStretch = face.upper ? "condensed" : "normal";
    pen.font = `${face.weight} 100px ${face.font}`;
    widths.set(key, pen.measureText(text).width / 100);
  }
  return widths.get(key);
}

/** Break words into `count` lines whose longest is as short as can be. */
function breakInto(words, count, widthOf) {
  if (count === 1) return [words.join(" ")];
  let best = null;
  const widest = (lines) => Math.max(...lines.map(widthOf));
  for (let first = 1; first <= words.length - count + 1; first++) {
    const lines = [words.slice(0, first).join(" "), ...breakInto(words.slice(first), count - 1, widthOf)];
    if (!best || widest(lines) < widest(best)) best = lines;
  }
  return best;
}

function letter(movie, spot, faceName) {
  const face = FACES[faceName];
  const title = face.upper ? movie.title.toUpperCase() : movie.title;
  const words = title.split(/\s+/).slice(0, 16);
  const extra = spot.spaced ? 0.08 : 0;
  const widthOf = (line) => measure(line, faceName) + extra * line.length;
  let best = null;
  for (let count = 1; count <= Math.min(spot.justify ? 7 : 5, words.length); count++) {
    const lines = breakInto(words, count, widthOf);
    let sizes;
    if (spot.justify) {
      sizes = lines.map((line) => Math.min(92, spot.w / widthOf(line)));
      const tall = sizes.reduce((sum, size) => sum + size * 0.84, 0);
      if (tall > spot.h) sizes = sizes.map((size) => (size * spot.h) / tall);
    } else {
      const size = Math.min(spot.w / Math.max(...lines.map(widthOf)), spot.h / (count * face.line), 46);
      sizes = lines.map(() => size);
    }
    const ink = lines.reduce((sum, line, i) => sum + widthOf(line) * sizes[i] ** 2, 0);
    if (!best || ink > best.ink * 1.02) best = { lines, sizes, ink };
  }
  const step = spot.justify ? 0.84 : face.line;
  const tall = best.sizes.reduce((sum, size, i) => sum + size * (i ? step : face.cap), 0);
  const tail = !face.upper && /[gjpqy,Q]/.test(best.lines.at(-1)) ? best.sizes.at(-1) * 0.2 : 0;
  let y = spot.sit === "bottom" ? spot.y + spot.h - tall - tail : spot.y;
  return best.lines.map((line, i) => {
    y += best.sizes[i] * (i ? step : face.cap);
    return h("text", {
      x: spot.middle ? W / 2 : spot.x, y: n(y), "font-size": n(best.sizes[i]), fill: spot.ink,
      "text-anchor": spot.middle ? "middle" : null, "letter-spacing": extra ? n(best.sizes[i] * extra * 10) / 10 : null, ...face.props,
    }, line);
  });
}

function credits(movie, ink, middle) {
  const who = movie.directors?.[0] ?? movie.genres[0];
  const text = [who, movie.year].filter(Boolean).join(" · ").toUpperCase();
  const size = Math.min(10.5, 172 / (measure(text, "sans") + 0.09 * text.length));
  return h("text", {
    x: middle ? W / 2 : 14, y: 286, "font-size": n(size), "letter-spacing": n(size * 0.08), fill: ink,
    "text-anchor": middle ? "middle" : null, ...FACES.sans.props, "font-weight": 600,
  }, text);
}

function compose(movie) {
  const c = chanceFrom(movie.movie_id);
  const genres = movie.genres.filter((genre) => INKS[genre]);
  const genre = genres.length > 1 && c.maybe(0.4) ? genres[1] : (genres[0] ?? "Drama");
  const [ground, letters, a, b, cc] = c.pick(INKS[genre]).split(" ").map((hex) => `#${hex}`);
  const p = { ground, letters, a, b, c: cc };
  const family = c.maybe(0.82) ? c.pick(SUITED[genre] ?? ALL) : c.pick(ALL);
  const plan = family(c, p, movie);
  const face = plan.title.face ?? c.pick(movie.year && movie.year < 1968 ? ["serif", "serif", "display"] : ["display", "sans", "display"]);
  const ink = plan.credit?.ink ?? plan.title.ink;
  const framed = movie.year && movie.year < 1962;
  const paper = luminance(p.ground) > 0.55 ? mix(p.ground, "#ffffff", 0.6) : "#f1e8d6";
  return { art: plan.art, words: [...letter(movie, plan.title, face), credits(movie, ink, plan.credit?.middle)], framed, paper, palette: p };
}

const drawn = new Map();
function drawingOf(movie) {
  const key = `${movie.movie_id} ${movie.directors?.length ?? 0}`;
  if (!drawn.has(key)) {
    if (drawn.size > 600) drawn.clear();
    drawn.set(key, compose(movie));
  }
  return drawn.get(key);
}

function Drawing({ movie }) {
  const { art, words, framed, paper } = useMemo(() => drawingOf(movie), [movie.movie_id, movie.directors?.length]);
  if (!framed) return html`<svg class="poster" viewBox="0 0 200 300" aria-hidden="true" focusable="false">${copy(art)}${copy(words)}</svg>`;
  return html`<svg class="poster" viewBox="0 0 200 300" aria-hidden="true" focusable="false">
    <rect width="200" height="300" fill=${paper} />
    <svg x="9" y="9" width="182" height="282" viewBox="0 0 200 300" preserveAspectRatio="xMidYMid slice">${copy(art)}${copy(words)}</svg>
  </svg>`;
}

/** A virtual node may be shown in one place only: cached drawings are copied for each use. */
const copy = (nodes) => nodes.filter(Boolean).map((node) => h(node.type, { ...node.props }));

/** A film's poster, 2:3, as wide as its place. It is decoration: the title stands beside it as text. */
export function Poster({ movie, eager = false }) {
  const [broken, setBroken] = useState(null);
  if (!movie.poster_url || broken === movie.poster_url) return html`<${Drawing} movie=${movie} />`;
  return html`<img class="poster" src=${movie.poster_url} alt="" width="342" height="513" loading=${eager ? "eager" : "lazy"}
    decoding="async" onError=${() => setBroken(movie.poster_url)} />`;
}

/** The art alone, without lettering, to lie behind a page's head. */
export function Backdrop({ movie }) {
  const { art } = useMemo(() => drawingOf(movie), [movie.movie_id]);
  return html`<svg class="backdrop" viewBox="0 20 200 170" preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">${copy(art)}</svg>`;
}
