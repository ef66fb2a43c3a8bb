// @ts-check
// Ends workers of the pool from outside, as a browser short of memory does.
//
// The page keeps the handles of the leaders, each leader those of its threads: the script of a worker is preceded by this one,
// which so comes along into every leader.

const CHANNEL = "perennial-demo-kill";
const LEADER = "perennial-leader-";
const THREAD = "perennial-thread-";
/** A leader answers at once; a worker that died by itself does not. */
const ANSWER_MS = 2000;

/** The workers that this realm started, by name. @type {Map<string, WeakRef<Worker>>} */
const own = new Map();
/** Blobs by the script that they start, kept as long as workers may start from them. @type {Map<string, string>} */
const shims = new Map();

let isKeeping = false;

/** Keeps the handles of the workers that are started from now on. To be called before the package starts a pool. */
export function keepWorkers() {
  if (isKeeping) return;
  isKeeping = true;
  const Native = self.Worker;
  self.Worker = class extends Native {
    /**
     * @param {string | URL} url
     * @param {WorkerOptions} [options]
     */
    constructor(url, options) {
      const name = options?.name ?? "";
      const isOfPool = name.startsWith(LEADER) || name.startsWith(THREAD);
      super(isOfPool ? shimOf(url) : url, options);
      if (!isOfPool) return;
      forget();
      own.set(name, new WeakRef(this));
    }
  };
}

/**
 * Ends a thread of the newest generation, or the one named.
 * @param {{ generation: number, thread: number }} [whom]
 * @returns {Promise<string | null>} the name of the worker that was ended; `null` if there is none
 */
export async function killThread(whom) {
  const leader = await newestLeader(whom?.generation);
  if (!leader) return null;
  const [generation, ...pool] = leader.slice(LEADER.length).split("-");
  const names = (await living()).filter((name) => {
    const [ofGeneration, thread, ...ofPool] = name.startsWith(THREAD) ? name.slice(THREAD.length).split("-") : [];
    const isSought = !whom || Number(thread) === whom.thread;
    return ofGeneration === generation && ofPool.join() === pool.join() && isSought;
  });
  return names.length > 0 ? order(names[0]) : null;
}

/**
 * Ends the newest generation's leader, and with it all its threads.
 * @returns {Promise<string | null>} its name; `null` if there is none
 */
export async function killLeader() {
  const leader = await newestLeader();
  const worker = leader && own.get(leader)?.deref();
  if (!leader || !worker) return null;
  worker.terminate();
  return leader;
}

/** @param {number} [generation] */
async function newestLeader(generation) {
  const alive = new Set(await living());
  forget();
  const number = (/** @type {string} */ name) => Number(name.slice(LEADER.length).split("-")[0]);
  const leaders = [...own.keys()].filter((name) => alive.has(name) && (generation ?? number(name)) === number(name));
  return leaders.sort((a, b) => number(a) - number(b)).at(-1);
}

/** Drops the names of workers that are collected. */
function forget() {
  for (const [name, worker] of own) if (!worker.deref()) own.delete(name);
}

/** Each worker of a pool holds the lock of its name while it lives. */
async function living() {
  const { held = [] } = await navigator.locks.query();
  return held.map(({ name = "" }) => name);
}

/**
 * Has a thread's leader end it.
 * @param {string} name
 * @returns {Promise<string | null>}
 */
function order(name) {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    const end = (/** @type {string | null} */ answer) => {
      clearTimeout(timer);
      channel.close();
      resolve(answer);
    };
    const timer = setTimeout(end, ANSWER_MS, null);
    channel.onmessage = ({ data }) => {
      if (data.ended === name) end(name);
    };
    channel.postMessage({ end: name });
  });
}

/** @param {string | URL} url */
function shimOf(url) {
  const { href } = new URL(url, self.location.href);
  // A leader starts its threads from its own address, which is a shim already.
  if (href.startsWith("blob:")) return href;
  let shim = shims.get(href);
  if (!shim) {
    const lines = [import.meta.url, href].map((script) => `import ${JSON.stringify(script)};\n`);
    shim = URL.createObjectURL(new Blob(lines, { type: "text/javascript" }));
    shims.set(href, shim);
  }
  return shim;
}

if (self.name.startsWith(LEADER) && typeof document === "undefined") {
  keepWorkers();
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    const worker = own.get(data.end)?.deref();
    if (!worker) return;
    worker.terminate();
    channel.postMessage({ ended: data.end });
  };
}
