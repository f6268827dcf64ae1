// Opens the app where there is no connection: copies of its own files, and nothing of what the API says.
// Files come from the network as long as there is one, so a new version shows at the next load.

const FILES = "matinee:files";
const SLOW_MS = 4000; // a network that takes longer than this to answer is as good as none, where there is a copy

/** Neither the API's answers nor what a server says of itself, such as the development server's /_mail. */
const isOurs = ({ origin, pathname }) => origin === location.origin && !/^\/(api(\/|$)|_)/.test(pathname);

/** Every page of the app is the same file; a file that is opened by itself stays what it is. */
const nameOf = ({ mode, url }) => (mode === "navigate" && !new URL(url).pathname.split("/").pop().includes(".") ? "/" : url);

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// A page names itself and the files that it had loaded before this worker was there. The browser holds them
// already, so that nothing is asked for twice.
self.addEventListener("message", ({ data }) => {
  const names = new Map([[data.page, "/"], ...data.files.map((url) => [url, url])]);
  for (const [url, name] of names) if (isOurs(new URL(url))) fetch(url, { cache: "force-cache" }).then((answer) => keep(name, answer), () => {});
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !isOurs(new URL(request.url))) return; // as if there were no worker
  event.respondWith(newestOf(event, request));
});

async function newestOf(event, request) {
  const name = nameOf(request);
  const copy = await (await caches.open(FILES)).match(name);
  const answer = fetch(request);
  event.waitUntil(answer.then((fresh) => keep(name, fresh.clone(), copy), () => {}));
  if (!copy) return answer;
  const patience = new Promise((give) => setTimeout(() => give(copy), SLOW_MS));
  return Promise.race([answer.catch(() => copy), patience]);
}

async function keep(name, fresh, copy) {
  if (!fresh.ok || fresh.type !== "basic") return;
  // With a new version of the page the files of the former one are of no more use.
  if (name === "/" && copy && copy.headers.get("ETag") !== fresh.headers.get("ETag")) await caches.delete(FILES);
  await (await caches.open(FILES)).put(name, fresh);
}
