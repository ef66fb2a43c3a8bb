// What becomes of the calls under way when a worker is killed from outside.

import { sleep, within, words } from "./limit.js";
import { peers } from "./list.js";

const START_MS = 15_000;
/** What has not settled by then is said never to settle. */
const LIMIT_MS = 10_000;
/** All calls have reached their workers by then, and the first are under way. */
const UNDER_WAY_MS = 100;
/** A thread that was terminated while it waits is dead by then. */
const DEAD_MS = 3_000;

/**
 * @param {{ peer: string, options: Record<string, any>, whom: "worker" | "thread", calls: number, us: number, isDeaf?: boolean }} plan
 *   `worker` is the first that the page has started, `thread` the first that that one has started; `isDeaf` if its worker
 *   hears nothing while a call runs: then the thread is dead before the calls
 * @returns {Promise<{ calls: { how: string, ms?: number }[], next: { how: string, ms?: number } }>}
 */
export async function death({ peer: name, options, whom, calls, us, isDeaf = false }) {
  const first = keepWorkers();
  const { start } = await peers[name]();
  const peer = await within(start(options), START_MS, "start");
  await within(peer.noop(1), START_MS, "the first call");
  const kill = () => {
    if (whom === "worker") first().terminate();
    else new BroadcastChannel("kill").postMessage(0);
  };
  const call = () => Promise.resolve(peer.spinAll ? peer.spinAll(4, us / 2) : peer.spin(us));
  const callAll = () => Array.from({ length: calls }, call);
  let under;
  if (!isDeaf) under = callAll();
  else kill();
  await sleep(isDeaf ? DEAD_MS : UNDER_WAY_MS);
  const killed = performance.now();
  if (!isDeaf) kill();
  else under = callAll();
  const outcome = (promise, from) =>
    within(
      promise.then(
        () => ({ how: "resolved", ms: performance.now() - from }),
        (thrown) => ({ how: words(thrown), ms: performance.now() - from }),
      ),
      LIMIT_MS,
      "",
    ).catch(() => ({ how: "never" }));
  const ended = await Promise.all(under.map((call) => outcome(call, killed)));
  const next = await outcome(Promise.resolve().then(() => peer.noop(1)), performance.now());
  return { calls: ended, next };
}

/** From now on each worker of the page is kept, and its script is preceded by one that keeps its own workers. */
function keepWorkers() {
  const kept = [];
  const Native = globalThis.Worker;
  const keeper = JSON.stringify(new URL("./kill.js", import.meta.url).href);
  globalThis.Worker = class extends Native {
    constructor(url, options) {
      const script = `import ${keeper}; import ${JSON.stringify(new URL(url, location.href).href)};`;
      super(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), options);
      kept.push(this);
    }
  };
  return () => kept[0];
}
