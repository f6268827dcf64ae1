// Posters. Where no picture is known one is drawn: the film's id, title, genre and year decide the
// scene, the colours and the lettering, so a film's poster is the same everywhere and always.

import { h, html, useMemo, useState } from "../vendor/preact.js";

const W = 200;
const H = 300;

/** Chance that always falls the same way. */
function chanceFrom(seed) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low, high) => low + next() * (high - low);
  return { next, between, pick: (list) => list[Math.floor(next() * list.length)] };
}

// ---- colours, of three digits each --------------------------------------------------------------------------------------

const partsOf = (colour) => [...colour].slice(1).map((digit) => parseInt(digit, 16));
const lightness = (colour) => partsOf(colour).reduce((sum, part, i) => sum + part * [0.3, 0.59, 0.11][i], 0) / 15;

function mix(one, other, share) {
  const others = partsOf(other);
  return `#${partsOf(one).map((part, i) => Math.round(part + (others[i] - part) * share).toString(16)).join("")}`;
}

// ---- shapes, as paths -------------------------------------------------------------------------------

const n = (value) => Math.round(value * 10) / 10;
const path = (d, fill, more) => h("path", { d, fill, ...more });
const disc = (x, y, radius) => {
  const r = n(radius); // rounded first: arcs over a chord that is a little short bulge
  return `M${n(x - r)} ${n(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
};
const box = (x, y, w, tall) => `M${n(x)} ${n(y)}h${n(w)}v${n(tall)}h${n(-w)}z`;
const poly = (points) => `M${points.map((point) => point.map(n)).join("L")}z`;
const times = (count, draw) => Array.from({ length: count }, (_, i) => draw(i));
const around = (x, y, r, angle) => [x + r * Math.cos(angle), y + r * Math.sin(angle)];

// ---- scenes -----------------------------------------------------------------------------------------
// Each answers its art over the ground, and where the title does not stand at the foot, the `sky` above
// in which it stands; `base` is the colour at the foot. `p` is the palette: ground, letters, and inks a, b.

function sunset(c, p) {
  const [horizon, x, r] = [c.between(168, 190), c.between(62, 138), c.between(50, 74)];
  const y = horizon - c.between(0.1, 0.5) * r;
  const base = mix(p.ground, p.b, 0.55);
  return {
    art: [
      path(disc(x, y, r), p.a),
      path(times(9, (i) => box(x - r, y + i * 12, 2 * r, 2 + i * 1.3)).join(""), p.ground),
      path(box(0, horizon, W, H), base),
      path(times(7, (i) => {
        const w = c.between(18, 90) * (1 - i / 14);
        return box(x - w / 2 + c.between(-14, 14), horizon + 6 + i * 11, w, 2.4);
      }).join(""), p.a),
    ],
    sky: Math.max(46, y - r - 44),
    base,
  };
}

function ranges(c, p) {
  const front = lightness(p.ground) < 0.4 ? "#000" : p.letters;
  const base = mix(p.b, front, 0.75);
  const ridge = (foot, rise, fill) => {
    const step = c.between(24, 40);
    return path(poly([[0, H], ...times(10, (i) => [i * step, foot - (i % 2 ? rise * c.between(0.5, 1) : c.between(-6, 6))]), [W * 2, H]]), fill);
  };
  return {
    art: [
      path(disc(c.between(45, 155), c.between(126, 148), c.between(18, 36)), p.a),
      ridge(178, 50, mix(p.ground, p.b, 0.45)), ridge(206, 46, p.b), ridge(232, 40, mix(p.b, front, 0.4)), ridge(258, 22, base),
    ],
    sky: 60,
    base,
  };
}

function rays(c, p) {
  const [x, y, count, r] = [c.between(40, 160), c.between(110, 180), Math.round(c.between(9, 19)), c.between(34, 56)];
  const wedge = (i) => poly([[x, y], around(x, y, 340, (i / count) * 6.2832), around(x, y, 340, ((i + 0.5) / count) * 6.2832)]);
  return {
    art: [
      path(times(count, wedge).join(""), mix(p.ground, p.a, 0.75)),
      path(disc(x, y, r), p.b),
      path(disc(x, y, r * c.between(0.3, 0.75)), p.ground),
      path(`M0 ${n(Math.max(y + 8, 196))}q60 -22 100 -4t100 -8V300H0z`, p.letters),
    ],
    base: p.letters,
  };
}

function rings(c, p) {
  const [x, y, dx, dy, sides] = [c.between(70, 130), c.between(90, 130), c.between(-5, 5), c.between(-4, 6), c.pick([0, 0, 3, 4])];
  const count = Math.round(c.between(8, 13));
  const twist = c.between(0.05, 0.16);
  const ring = (i) => {
    const [cx, cy, r] = [x + dx * i, y + dy * i, 210 * (1 - i / count) ** 1.15];
    const shape = sides ? poly(times(sides, (k) => around(cx, cy, r * 1.3, twist * i + (k / sides) * 6.2832))) : disc(cx, cy, r);
    return path(shape, i === count - 1 ? p.b : i % 2 ? p.ground : p.a);
  };
  return { art: [...times(count, ring), path(box(0, 208, W, 92), p.ground)] };
}

const TILES = ["M0 0H1A1 1 0 0 1 0 1z", "M0 .5A.5 .5 0 0 1 1 .5z", "M0 0H1L0 1z", "M.14 .5a.36 .36 0 1 0 .72 0a.36 .36 0 1 0-.72 0z", ""];

function tiles(c, p) {
  const across = c.pick([3, 4, 5]);
  const tile = (i) => path(c.pick(TILES), c.pick([p.a, p.a, p.b, p.b, p.letters]), {
    transform: `scale(${W / across}) translate(${i % across} ${Math.floor(i / across)}) rotate(${c.pick([0, 90, 180, 270])} .5 .5)`,
  });
  return { art: times(across ** 2, tile) };
}

function skyline(c, p) {
  let [rear, front, windows] = ["", "", ""];
  for (let x = -6, w; x < W; x += w) rear += box(x, c.between(96, 160), (w = c.between(16, 30)) + 1, H);
  for (let x = -10, w; x < W; x += w) {
    w = c.between(24, 40);
    const top = c.between(140, 196);
    front += box(x, top, w - 3, H);
    for (let y = top + 8; y < 204; y += 9) for (let wx = x + 5; wx < x + w - 9; wx += 7) if (c.next() < 0.33) windows += box(wx, y, 3.4, 4.6);
  }
  const night = lightness(p.ground) < 0.4;
  const base = night ? mix(p.ground, "#000", 0.5) : p.letters;
  return {
    art: [
      path(box(0, 0, W, H), night ? p.ground : p.a),
      path(disc(c.between(40, 160), c.between(60, 100), c.between(20, 38)), night ? p.a : p.ground),
      path(rear, night ? mix(p.ground, p.b, 0.45) : mix(p.a, p.letters, 0.4)),
      path(`${front}${box(0, 206, W, 100)}`, base),
      path(windows, p.b),
    ],
    base,
  };
}

function orbits(c, p) {
  const [x, y, r] = [c.between(60, 140), c.between(96, 126), c.between(22, 32)];
  const line = { fill: "none", stroke: p.letters, "stroke-width": 0.8, opacity: 0.6 };
  const paths = times(4, (i) => r + 14 + i * c.between(17, 23));
  return {
    art: [
      path(times(30, () => disc(c.between(0, W), c.between(0, 204), c.between(0.4, 1.1))).join(""), p.letters),
      ...paths.map((far) => path(disc(x, y, far), null, line)),
      path(disc(x, y, r), p.a),
      path(`M${n(x)} ${n(y - r)}a${n(r)} ${n(r)} 0 0 1 0 ${n(2 * r)}a${n(r * 1.5)} ${n(r * 1.5)} 0 0 0 0 ${n(-2 * r)}z`, mix(p.a, p.ground, 0.45)),
      ...paths.map((far) => path(disc(...around(x, y, far, c.between(0, 6.28)), c.between(4, 10)), c.pick([p.a, p.b, p.letters]))),
      path(box(0, 210, W, 90), p.ground),
    ],
  };
}

function eye(c, p) {
  const [x, y, open] = [c.between(82, 118), c.between(100, 120), c.between(50, 76)];
  const lid = (grow) => `M${6 - grow} ${n(y)}Q100 ${n(y - open - grow * 1.6)} ${194 + grow} ${n(y)}Q100 ${n(y + open + grow * 1.6)} ${6 - grow} ${n(y)}z`;
  return {
    art: [
      path(lid(26), mix(p.ground, p.a, 0.35)), path(lid(11), p.a), path(lid(-4), p.letters),
      path(disc(x, y, open * 0.46), p.b), path(disc(x, y, open * 0.25), "#111"), path(disc(x - open * 0.14, y - open * 0.16, open * 0.08), "#fff"),
    ],
  };
}

function twoCircles(c, p) {
  const [r, tilt, apart] = [c.between(50, 64), c.between(-0.9, 0.9), c.between(0.5, 0.75)];
  const [ax, ay] = around(100, 108, r * apart, tilt);
  const rise = r * Math.sqrt(1 - apart ** 2);
  const arc = `A${n(r)} ${n(r)} 0 0 1 `;
  const end = (way) => around(100, 108, rise, tilt + way * 1.5708).map(n).join(" ");
  return { art: [path(disc(200 - ax, 216 - ay, r), p.a), path(disc(ax, ay, r), p.b), path(`M${end(-1)}${arc}${end(1)}${arc}${end(-1)}z`, p.letters)] };
}

/** A large title under a plain shape. */
function lettering(c, p) {
  const [x, r] = [c.between(20, 180), c.between(66, 108)];
  return {
    art: c.pick([
      () => [path(disc(x, 30, r), p.a), path(disc(x + c.between(-20, 20), 30, r * 0.45), p.ground)],
      () => [path(`M0 0H${n(r * 1.5)}A${n(r * 1.5)} ${n(r * 1.5)} 0 0 1 0 ${n(r * 1.5)}z`, p.a), path(disc(166, 34, 20), p.b)],
      () => times(7, (i) => path(box(14, 20 + i * 14, 172 - i * c.between(8, 24), 8), i % 2 ? p.b : p.a)),
      () => [path(poly([[W, 0], [W, r * 1.5], [W - r * 1.5, 0]]), p.a), path(poly([[W - r * 1.5, 0], [W - r * 0.75, r * 0.75], [W - r * 0.75, 0]]), p.b)],
      () => times(18, (i) => path(disc(27 + (i % 6) * 29, 30 + Math.floor(i / 6) * 29, 10), c.next() < 0.12 ? p.b : p.a)),
    ])(),
    large: true,
  };
}

/** What suits a mood: palettes of ground, letters and two inks, and scenes. */
const MOODS = [
  ["Crime Thriller Mystery Horror War Film-Noir", "112 fee d23 fb3,123 ffe f53 369,e42 ffe 112 fb0,111 fee b02 786,124 eec da4 469,ccd 123 347 d82,ddc 121 812 785,445 fec c42 aa6",
    [rings, rings, skyline, eye, lettering, rays, sunset]],
  ["Drama Biography History Western Documentary Foreign", "edc 233 c53 588,244 fed d54 ec8,246 fed f84 68b,c53 fed 224 fb8,ea4 321 b32 fd9,343 fec c94 8a7,dcb 222 852 466",
    [sunset, twoCircles, lettering, lettering, tiles, ranges, rays]],
  ["Comedy Family Animation Children Music Musical Sport", "fd4 214 e46 3a9,3a9 ffe f64 fd6,f9a 312 fec d23,fed 235 f53 199,49d ffe fd4 f66,114 fec f58 fc4,165 ffe fc1 e53",
    [tiles, tiles, rays, lettering, twoCircles, rings, skyline]],
  ["Romance", "fcc 512 d35 f97,513 fed f77 fba,fed 413 e67 7aa,fec 313 e45 389", [twoCircles, twoCircles, sunset, lettering, orbits, skyline]],
  ["Science Sci-Fi Fantasy Adventure Action", "113 eff 4ce f57,eee 123 f52 26d,033 dfe 3da fc4,124 fec ea4 6ba,ced 234 747 e94,325 fec fa5 7ba,fb4 233 d52 388,255 fec fa3 d52,111 fec f40 fb0,233 fed f82 e33",
    [orbits, orbits, ranges, ranges, rings, lettering, rays, sunset, skyline]],
];
const moodOf = (genre) => MOODS.find(([genres]) => genres.includes(genre?.split(" ")[0])) ?? MOODS[1];

// ---- lettering --------------------------------------------------------------------------------------

const fontOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const FACES = {
  display: { font: fontOf("--display"), upper: true, line: 0.9 },
  serif: { font: 'Palatino, "Palatino Linotype", Georgia, "Liberation Serif", serif', line: 1.02 },
  sans: { font: fontOf("--text"), line: 1 },
};
const CAP = 0.72; // the height of a capital, of its size

const pen = document.createElement("canvas").getContext("2d");

/** The width of a text in a face, at a font size of 1. */
function measure(text, { font, upper }) {
  pen.font = `bold 100px ${font}`;
  if ("fontStretch" in pen) pen.fontStretch = upper ? "condensed" : "normal";
  return pen.measureText(text).width / 100;
}

const write = (text, face, size, y, fill, more) => h("text", {
  x: 14, y: n(y), "font-size": n(size), fill, "font-family": face.font, "font-weight": 700, "font-stretch": face.upper ? "condensed" : null, ...more,
}, text);

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

/** The title as large as fits a width of 172 and `room`, from `y` downwards or, without one, down to the credit. */
function letter(title, face, ink, room, y, large) {
  const words = (face.upper ? title.toUpperCase() : title).split(/\s+/).slice(0, 16);
  const known = {};
  const widthOf = (line) => (known[line] ??= measure(line, face));
  let best = null;
  for (let count = 1; count <= Math.min(large ? 7 : 5, words.length); count++) {
    const lines = breakInto(words, count, widthOf);
    const widths = lines.map(widthOf);
    const widest = Math.max(...widths);
    // In a large title every line is as wide as the poster.
    let sizes = widths.map((width) => (large ? Math.min(92, 172 / width) : Math.min(46, 172 / widest)));
    const tall = sizes.reduce((sum, size) => sum + size * face.line, 0);
    sizes = sizes.map((size) => size * Math.min(1, room / tall));
    const covered = sizes.reduce((sum, size, i) => sum + widths[i] * size ** 2, 0);
    if (!best || covered > best.ink * 1.02) best = { lines, sizes, ink: covered };
  }
  const steps = best.sizes.map((size, i) => size * (i ? face.line : CAP));
  let at = y ?? 268 - steps.reduce((sum, step) => sum + step, 0);
  return best.lines.map((line, i) => write(line, face, best.sizes[i], (at += steps[i]), ink));
}

function compose(movie) {
  const c = chanceFrom(movie.movie_id);
  const genre = movie.genres[1] && c.next() < 0.4 ? movie.genres[1] : movie.genres[0];
  const [, palettes, scenes] = moodOf(genre);
  const [ground, letters, a, b] = c.pick(palettes.split(",")).split(" ").map((digits) => `#${digits}`);
  const { art, sky, base = ground, large } = c.pick(scenes)(c, { ground, letters, a, b });
  const far = (colour) => Math.abs(lightness(colour) - lightness(base));
  const ink = far(ground) > far(letters) ? ground : letters; // what reads best at the foot
  const face = FACES[large ? "display" : c.pick(movie.year < 1968 ? ["serif", "serif", "display"] : ["display", "display", "sans", "serif"])];
  const credit = [movie.directors?.[0] ?? movie.genres[0], movie.year].filter(Boolean).join(" · ").toUpperCase();
  const size = Math.min(10.5, 172 / (measure(credit, FACES.sans) + 0.09 * credit.length));
  return {
    art: [path(box(0, 0, W, H), ground), ...art],
    words: [...letter(movie.title, face, sky ? letters : ink, sky ?? (large ? 150 : 50), sky && 32, large), write(credit, FACES.sans, size, 286, ink, { "letter-spacing": n(size * 0.08) })],
    paper: movie.year < 1962 && (lightness(ground) > 0.75 ? "#fff" : "#f1e8d6"),
  };
}

function Drawing({ movie }) {
  return useMemo(() => {
    const { art, words, paper } = compose(movie);
    return html`<svg class="poster" viewBox="0 0 200 300" aria-hidden="true" focusable="false">${!paper ? [art, words] : html`
      <rect width="200" height="300" fill=${paper} />
      <svg x="9" y="9" width="182" height="282" viewBox="0 0 200 300" preserveAspectRatio="xMidYMid slice">${art}${words}</svg>`}</svg>`;
  }, [movie.movie_id, movie.directors?.length]);
}

/** A film's poster, 2:3, as wide as its place. It is decoration: the title stands beside it as text. */
export function Poster({ movie, eager = false }) {
  const [broken, setBroken] = useState(null);
  if (!movie.poster_url || broken === movie.poster_url) return html`<${Drawing} movie=${movie} />`;
  return html`<img class="poster" src=${movie.poster_url} alt="" width="342" height="513" loading=${eager ? "eager" : "lazy"}
    decoding="async" onError=${() => setBroken(movie.poster_url)} />`;
}

/** The art alone, without lettering, to lie behind a page's head. */
export const Backdrop = ({ movie }) => useMemo(() => html`<svg class="backdrop" viewBox="0 20 200 170" preserveAspectRatio="xMidYMid slice" aria-hidden="true"
  focusable="false">${compose(movie).art}</svg>`, [movie.movie_id]);
