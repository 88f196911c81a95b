/* global VERSION, FILES */
/**
 * The service worker: the page starts without a network, and from its own files where there is one. It keeps files of the
 * page and nothing else: what the server says to somebody (`/api`, `/ws`) never passes through it.
 *
 * A newer version waits until a person wants it (`skip-waiting`); the files of the one before stay, because other tabs
 * still run on them.
 */
const PREFIX = 'palaver-'
const CURRENT = PREFIX + VERSION
/** With a network that does not answer, the page starts from its own files after this. */
const PATIENCE_MS = 3000

self.addEventListener('install', (event) => {
  // Past the browser's own cache: a stale page would be kept for as long as this version lives.
  const fresh = FILES.map((file) => new Request(file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' }))
  event.waitUntil(caches.open(CURRENT).then((cache) => cache.addAll(fresh)))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()))
})

self.addEventListener('message', (event) => {
  if (event.data === 'skip-waiting') event.waitUntil(self.skipWaiting())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (!/^\/(?:api|ws|shared)(?:\/|$)/.test(url.pathname)) event.respondWith(page(event, request))
  } else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(asset(event, request))
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(fetch(request).catch(() => kept(url.pathname)))
  }
})

/** The newest page where the server answers, else the kept one: all paths are the same page. */
async function page(event, request) {
  const answer = fetch(request)
  event.waitUntil(answer.catch(() => undefined))
  const late = new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS, undefined)
  })
  const first = await Promise.race([answer.catch(() => undefined), late])
  // A gateway that restarts behind a proxy answers, too.
  if (first !== undefined && first.status < 500) return first
  return (await caches.match('/')) ?? first ?? answer
}

/** Their names change with what stands in them: what is kept is right for ever. */
async function asset(event, request) {
  const known = await caches.match(request)
  if (known) return known
  const answer = await fetch(request)
  if (answer.ok) {
    const copy = answer.clone()
    event.waitUntil(caches.open(CURRENT).then((cache) => cache.put(request, copy)))
  }
  return answer
}

async function kept(path) {
  return (await caches.match(path)) ?? Response.error()
}

/** This version and the one before it; `keys` are in the order in which they were made. */
async function forgetOld() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CURRENT)
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)))
}
