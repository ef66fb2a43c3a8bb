// Reaches a pool's workers from outside, in every browser: ends one, makes one spin, lets one call an export of the module.
// Imported on the page before a pool starts; it comes along into every leader and thread by itself.
//
// A worker is named by its Web Lock: `(await navigator.locks.query()).held`, or `workers()`.

const CHANNEL = "perennial-kill";
const Native = self.Worker;
const channel = new BroadcastChannel(CHANNEL);
const isPage = typeof document !== "undefined";

/** The workers of this realm, by name. @type {Map<string, Worker>} */
const own = new Map();
/** Blobs by the script that they start, kept as long as workers may start from them. */
const shims = new Map();

/** @param {string | URL} url */
function shimOf(url) {
  const { href } = new URL(url, self.location.href);
  // A leader's own address is one already.
  if (href.startsWith("blob:")) return href;
  if (!shims.has(href)) {
    const lines = [import.meta.url, href].map((script) => `import ${JSON.stringify(script)};`);
    shims.set(href, URL.createObjectURL(new Blob(lines, { type: "text/javascript" })));
  }
  return shims.get(href);
}

self.Worker = class extends Native {
  /** @param {string | URL} url @param {WorkerOptions} [options] */
  constructor(url, options) {
    const isOurs = options?.name?.startsWith("perennial-") === true;
    super(isOurs ? shimOf(url) : url, options);
    if (isOurs) own.set(options.name, this);
  }
};

/** @param {{ kind: "end" | "spin" | "call", name: string, ms?: number, module?: string, export?: string }} order */
async function obey({ kind, name, ms = Infinity, module, export: exported }) {
  if (kind === "end") own.get(name)?.terminate();
  if (name !== self.name || isPage) return;
  // What it throws is the realm's own, as a trap of the pool's own call would be.
  if (module !== undefined) (await import(module))[exported]();
  if (kind === "spin") {
    for (const begun = performance.now(); performance.now() - begun < ms; );
    channel.postMessage({ kind: "spun", name });
  }
}

/** @type {Map<string, () => void>} */
const spinning = new Map();

channel.onmessage = ({ data }) => (data.kind === "spun" ? spinning.get(data.name)?.() : obey(data));

/** @param {Parameters<typeof obey>[0]} order */
function give(order) {
  channel.postMessage(order);
  obey(order);
}

/** Ends the worker of this name, as a browser out of memory does. */
export const kill = (/** @type {string} */ name) => give({ kind: "end", name });

/**
 * Makes a leader spin, for ever or so long; it does not answer meanwhile. A thread hears nothing once it is one of Rayon's.
 * @param {string} name @param {number} [ms] @param {{ module: string, export: string }} [first] called in its own instance in the same turn
 * @returns {Promise<void>} when it is over
 */
export function spin(name, ms = Infinity, first = undefined) {
  give({ kind: "spin", name, ms, ...first });
  return new Promise((resolve) => spinning.set(name, resolve));
}

/** Calls an export of the module in a leader's own instance. */
export const callIn = (/** @type {string} */ name, /** @type {string} */ module, /** @type {string} */ exported) =>
  give({ kind: "call", name, module, export: exported });

/** The names of the workers that live, of all pools of this origin, leaders first. */
export async function workers() {
  const { held } = await navigator.locks.query();
  return held.map(({ name }) => name).filter((name) => name.startsWith("perennial-")).sort();
}

/** Those of the newest generation: its leader and its threads. */
export async function newest() {
  const names = await workers();
  const numbered = names.map((name) => ({ name, generation: Number(name.split("-")[2]), isLeader: name.startsWith("perennial-leader-") }));
  const last = Math.max(...numbered.filter(({ isLeader }) => isLeader).map(({ generation }) => generation));
  const there = numbered.filter(({ generation }) => generation === last);
  return { leader: there.find(({ isLeader }) => isLeader)?.name, threads: there.filter(({ isLeader }) => !isLeader).map(({ name }) => name) };
}
