// The shell: header, navigation, notices, and the page that the address names.

import { currentEntry, Failure, FinderInput, Icon, navigate, Nothing, settleScroll, useEntry, useTitle } from "./page.js";
import { dismiss, goToSignIn, logOut, peek, resume, useStore } from "./store.js";
import { html, render, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";

/** What films look like is fetched beside the page that shows them, not after it. */
const withFilms = async (page) => {
  await Promise.all([page, import("./components/movie-card.js"), import("./components/poster.js")]);
  return page;
};
const OPS = "see the operator’s screens";
const WELCOME = { load: () => withFilms(import("./pages/welcome.js")) };
const FOR_YOU = { load: () => withFilms(import("./pages/for-you.js")), purpose: "see your suggestions", guests: "always" };
const NOT_FOUND = { load: () => import("./pages/not-found.js") };
const ROUTES = [
  { path: /^\/browse$/, load: () => withFilms(import("./pages/browse.js")) },
  { path: /^\/movie\/(tt)?(?<id>\d{1,10})$/, load: () => withFilms(import("./pages/movie.js")) },
  { path: /^\/for-you$/, load: () => withFilms(import("./pages/suggestions.js")), purpose: "see your suggestions" },
  { path: /^\/rate$/, load: () => withFilms(import("./pages/rate.js")), purpose: "rate films one after another", guests: "always" },
  { path: /^\/start$/, load: () => withFilms(import("./pages/beginning.js")), purpose: "pick films that you know", guests: "always" },
  { path: /^\/my\/ratings$/, load: () => withFilms(import("./pages/my-ratings.js")), purpose: "see your ratings", guests: "tried" },
  { path: /^\/my\/watchlist$/, load: () => withFilms(import("./pages/watchlist.js")), purpose: "see your watchlist", guests: "tried" },
  { path: /^\/my\/statistics$/, load: () => import("./pages/statistics.js"), purpose: "see your statistics" },
  { path: /^\/my\/data$/, load: () => import("./pages/my-data.js"), purpose: "bring your ratings or take them with you" },
  { path: /^\/my\/account$/, load: () => import("./pages/account.js"), purpose: "see your account" },
  { path: /^\/(forgot|reset|confirm)$/, load: () => import("./pages/recovery.js") },
  { path: /^\/(sign-up|log-in)$/, load: () => import("./pages/sign-in.js") },
  { path: /^\/model$/, load: () => import("./pages/model.js") },
  { path: /^\/ops$/, load: () => import("./pages/ops/overview.js"), purpose: OPS },
  { path: /^\/ops\/runs$/, load: () => import("./pages/ops/runs.js"), purpose: OPS },
  { path: /^\/ops\/models$/, load: () => import("./pages/ops/models.js"), purpose: OPS },
  { path: /^\/ops\/data$/, load: () => import("./pages/ops/data.js"), purpose: OPS },
  { path: /^\/ops\/people$/, load: () => import("./pages/ops/people.js"), purpose: OPS },
  { path: /^\/ops\/films$/, load: () => import("./pages/ops/films.js"), purpose: OPS },
  { path: /^\/ops\/cost$/, load: () => import("./pages/ops/cost.js"), purpose: OPS },
  { path: /^\/about$/, load: () => import("./pages/about.js") },
  { path: /^\/(api-docs|problems\/(?<slug>[a-z-]+))$/, load: () => import("./pages/api-docs.js") },
];
const loaded = new Map();

const remembered = localStorage.getItem("theme");
if (remembered) document.documentElement.dataset.theme = remembered;

function routeOf(path) {
  const clean = path.length > 1 ? path.replace(/\/+$/, "") : path;
  const { session, ratings } = peek();
  if (clean === "/") return { route: session === "out" && !ratings.size ? WELCOME : FOR_YOU, params: {} };
  for (const route of ROUTES) {
    const match = route.path.exec(clean);
    if (match) return { route, params: match.groups ?? {} };
  }
  return { route: NOT_FOUND, params: {} };
}

async function fetchPage(route) {
  if (!loaded.has(route)) loaded.set(route, (await route.load()).default);
  return loaded.get(route);
}

// A page's code is on its way as soon as a pointer or the focus rests on a link to it.
function anticipate({ target }) {
  const link = target.closest?.("a[href]");
  const { route } = link?.origin === location.origin ? routeOf(link.pathname) : {};
  if (route && !loaded.has(route)) fetchPage(route).catch(() => {});
}
document.addEventListener("pointerover", anticipate);
document.addEventListener("focusin", anticipate);

function Gate({ purpose }) {
  useTitle("Log in");
  return html`<div class="wrap"><h1 class="hidden">Log in to ${purpose}</h1>
    <${Nothing} icon="person" title=${`Log in to ${purpose}`}>
      <p>An account keeps your stars and watchlist, and takes a minute.</p>
      <p class="note-actions"><button class="button" onClick=${() => goToSignIn("/sign-up")}>Sign up</button>
        <button class="button quiet" onClick=${() => goToSignIn("/log-in")}>Log in</button></p>
    <//></div>`;
}

function Page() {
  const entry = useEntry();
  const [shown, show] = useState(null);
  const [attempt, setAttempt] = useState(0);
  const session = useStore((state) => state.session);
  const tried = useStore((state) => state.ratings.size + state.marks.size > 0);
  const first = useRef(true);

  useLayoutEffect(() => {
    const { route, params } = routeOf(entry.path);
    let superseded = false;
    if (loaded.has(route)) show({ entry, params, route, View: loaded.get(route) });
    else
      fetchPage(route).then(
        (View) => superseded || show({ entry, params, route, View }),
        () => superseded || show({ entry, failed: true }),
      );
    return () => {
      superseded = true;
    };
  }, [entry, attempt, session]);

  const place = shown && `${shown.entry.key} ${shown.entry.path}`;
  useLayoutEffect(() => {
    if (!shown || shown.entry.cause === "replace") return;
    settleScroll();
    if (first.current) first.current = false;
    else (document.querySelector("main h1") ?? document.querySelector("main")).focus({ preventScroll: true });
  }, [place]);

  if (!shown) return null;
  if (shown.failed) {
    return html`<div class="wrap"><${Failure} error=${new Error("This page could not be loaded. Check your connection and try again.")}
      retry=${() => setAttempt(attempt + 1)} /></div>`;
  }
  const { View, route, params } = shown;
  if (route.purpose && session === "unreachable") return html`<${Unreached} />`;
  if (route.purpose && session !== "in") {
    if (session === "starting") return html`<div class="wrap waiting" aria-busy="true"></div>`;
    const open = route.guests === "always" || (route.guests === "tried" && tried);
    if (!open) return html`<${Gate} purpose=${route.purpose} />`;
  }
  return html`<${View} key=${shown.entry.path} entry=${shown.entry} params=${params} />`;
}

const Unreached = () => html`<div class="wrap"><h1 class="hidden">No connection</h1>
  <${Failure} error=${new Error("We could not renew your session. Check your connection and try again.")} retry=${resume} /></div>`;

// ---- header, tabs -----------------------------------------------------------------------------

const Logo = () => html`<svg class="logo" viewBox="0 0 44 34" aria-hidden="true" focusable="false">
  <path class="logo-sun" d="M0 20a22 20 0 0 1 44 0z" /><path class="logo-sea" d="M0 23h44v3H0zM6 28h32v2.5H6zM14 32h16v2H14z" /></svg>`;

const isHere = (href, path) => (path === href ? "page" : href === "/" && path === "/for-you" ? "true" : null);

function ThemeToggle() {
  const dark = () => getComputedStyle(document.documentElement).colorScheme.trim() === "dark" ||
    (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const [isDark, setDark] = useState(dark);
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setDark(dark());
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, []);
  const toggle = () => {
    const next = isDark ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    setDark(!isDark);
  };
  return html`<button type="button" class="icon-button" onClick=${toggle} aria-label=${isDark ? "Use the light theme" : "Use the dark theme"}
    title=${isDark ? "Light theme" : "Dark theme"}><${Icon} name=${isDark ? "sun" : "moon"} /></button>`;
}

function AccountMenu({ account, path }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => box.current?.contains(event.target) || setOpen(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      box.current.querySelector("button").focus();
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
      document.removeEventListener("keydown", escape);
    };
  }, [open]);
  return html`<div class="account" ref=${box}>
    <button type="button" class="avatar" aria-expanded=${open ? "true" : "false"} aria-controls="account-menu" aria-label=${`Account of ${account.name}`}
      onClick=${() => setOpen(!open)}>${account.name.trim().slice(0, 1).toUpperCase()}</button>
    <div class="menu" id="account-menu" hidden=${!open}>
      <p class="menu-who"><strong>${account.name}</strong><span>${account.email}</span></p>
      <a href="/my/account"><${Icon} name="person" /><span>Account${!account.email_confirmed && html`<small>E-mail address not confirmed</small>`}</span></a>
      <a href="/my/ratings"><${Icon} name="list" />My ratings</a>
      <a href="/my/watchlist"><${Icon} name="bookmark" />Watchlist</a>
      <a href="/rate"><${Icon} name="rate" />Rate films</a>
      ${account.operator && html`<a href="/ops"><${Icon} name="filter" />Operations</a>`}
      <button type="button" onClick=${logOut}><${Icon} name="out" />Log out</button>
    </div>
  </div>`;
}

/** In a narrow window it opens over the header; Escape or another page close it. */
function HeaderSearch({ open, close }) {
  const box = useRef(null);
  useEffect(() => {
    if (open) box.current.querySelector("input").focus();
  }, [open]);
  const submit = (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("q").trim();
    event.target.reset();
    navigate(text ? `/browse?q=${encodeURIComponent(text)}` : "/browse");
  };
  return html`<form class=${`header-search ${open ? "open" : ""}`} role="search" ref=${box} onSubmit=${submit}
    onKeyDown=${(event) => event.key === "Escape" && !event.defaultPrevented && close()}>
    <${Icon} name="search" />
    <${FinderInput} name="q" placeholder="Films, people" maxlength="100" />
    ${open && html`<button type="button" class="icon-button" aria-label="Close the search" onClick=${close}><${Icon} name="close" /></button>`}
  </form>`;
}

function Header({ path, session, account }) {
  const mine = useStore((state) => state.session === "in" || state.ratings.size + state.marks.size > 0);
  const [searching, search] = useState(false);
  useEffect(() => search(false), [path]);
  const opener = useRef(null);
  const close = () => {
    search(false);
    opener.current?.focus();
  };
  const link = (href, text) => html`<a href=${href} aria-current=${isHere(href, path)}>${text}</a>`;
  return html`<header class="header"><div class="header-in">
    <a class="brand" href="/" aria-label="Matinee, home"><${Logo} /><span>Matinee</span></a>
    <nav class="header-nav" aria-label="Main">
      ${mine && link("/", "For you")}${link("/browse", "Browse")}${link("/rate", "Rate")}
      ${mine && link("/my/ratings", "My ratings")}${mine && link("/my/watchlist", "Watchlist")}
    </nav>
    ${path !== "/browse" && html`<${HeaderSearch} open=${searching} close=${close} />`}
    <div class="header-end">
      ${path !== "/browse" && html`<button type="button" class="icon-button search-opener" ref=${opener} aria-label="Search" aria-expanded=${searching ? "true" : "false"}
        onClick=${() => search(true)}><${Icon} name="search" /></button>`}
      <${ThemeToggle} />
      ${session === "in" ? html`<${AccountMenu} account=${account} path=${path} />` : session === "out" ? html`
        <a class="text-link" href="/log-in">Log in</a><a class="button small" href="/sign-up">Sign up</a>` : html`<span class="avatar waiting-avatar"></span>`}
    </div>
  </div></header>`;
}

function Tabs({ path, session }) {
  const tab = (href, icon, text) => html`<a href=${href} aria-current=${isHere(href, path)}><${Icon} name=${icon} filled=${icon === "bookmark" && path === href} /><span>${text}</span></a>`;
  return html`<nav class="tabs" aria-label="Sections">
    ${tab("/", "home", session === "in" ? "For you" : "Home")}${tab("/browse", "search", "Browse")}${tab("/rate", "rate", "Rate")}
    ${tab("/my/ratings", "list", "Ratings")}${tab("/my/watchlist", "bookmark", "Watchlist")}
  </nav>`;
}

// ---- notices ----------------------------------------------------------------------------------

function Notice({ notice }) {
  const held = useRef(false);
  useEffect(() => {
    let left = notice.action ? 8 : 5;
    const tick = setInterval(() => held.current || --left || dismiss(notice.id), 1000);
    return () => clearInterval(tick);
  }, []);
  const hold = (on) => () => {
    held.current = on;
  };
  const act = () => {
    dismiss(notice.id);
    notice.action.run();
  };
  return html`<li class=${`notice ${notice.tone}`} onPointerEnter=${hold(true)} onPointerLeave=${hold(false)} onFocusIn=${hold(true)} onFocusOut=${hold(false)}>
    <span>${notice.text}</span>
    ${notice.action && html`<button type="button" class="notice-action" onClick=${act}>${notice.action.label}</button>`}
    <button type="button" class="notice-close" aria-label="Dismiss" onClick=${() => dismiss(notice.id)}><${Icon} name="close" /></button>
  </li>`;
}

function Notices() {
  const notices = useStore((state) => state.notices);
  return html`<div class="notices" role="status" aria-live="polite"><ul>
    ${notices.map((notice) => html`<${Notice} key=${notice.id} notice=${notice} />`)}</ul></div>`;
}

function Shell() {
  const { path } = useEntry();
  const session = useStore((state) => state.session);
  const account = useStore((state) => state.account);
  const online = useStore((state) => state.online);
  const skip = (event) => {
    event.preventDefault();
    document.querySelector("main").focus();
  };
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <${Header} path=${path} session=${session} account=${account} />
    ${!online && html`<p class="offline" role="status"><${Icon} name="offline" />You are offline. We will go on when you are back.</p>`}
    <main id="main" tabindex="-1"><${Page} /></main>
    <footer class="footer"><div class="wrap"><span>Matinee is open source.</span> <a href="/about">About and credits</a> <a href="/model">The model</a> <a href="/api-docs">API</a></div></footer>
    <${Tabs} path=${path} session=${session} />
    <${Notices} />`;
}

const { route } = routeOf(currentEntry().path);
fetchPage(route).catch(() => {});
resume();
render(html`<${Shell} />`, document.getElementById("app"));

// The worker lets the app open without a connection; see service-worker.js for what it keeps.
window.addEventListener("load", async () => {
  await navigator.serviceWorker?.register("/service-worker.js").catch(() => {}); // a browser may forbid workers
  const worker = (await navigator.serviceWorker?.ready)?.active;
  const [page, files] = ["navigation", "resource"].map((type) => performance.getEntriesByType(type).map(({ name }) => name));
  worker?.postMessage({ page: page[0], files });
});
