// Where a page's time goes, by the engine's own sampling profiler.

const EVERY_US = 100;

/**
 * Lets the page say from when to when it is sampled, by `window.measureFrom()` and `measureTo()`.
 * @returns {Promise<() => any>} to be asked for the profile when it is done
 */
export async function profiled(page) {
  const session = await page.createCDPSession();
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: EVERY_US });
  let profile;
  await page.exposeFunction("measureFrom", () => session.send("Profiler.start").then(() => {}));
  await page.exposeFunction("measureTo", async () => ({ profile } = await session.send("Profiler.stop")) && undefined);
  return () => profile;
}

/**
 * The part of the time that each group has. A sample belongs to the innermost function of its stack that a group knows.
 * @param {any} profile @param {(frame: { functionName: string, url: string }) => string | undefined} groupOf
 * @returns {Record<string, number>} from 0 to 1 in all
 */
export function shares({ nodes, samples, timeDeltas }, groupOf) {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const groups = new Map();
  const group = (id) => {
    if (id === undefined) return "other";
    if (!groups.has(id)) groups.set(id, groupOf(frames.get(id)) ?? group(parents.get(id)));
    return groups.get(id);
  };
  const times = {};
  let all = 0;
  samples.forEach((id, i) => {
    // A delta is the time since the sample before: that of the sample is up to the next.
    const us = timeDeltas[i + 1] ?? 0;
    times[group(id)] = (times[group(id)] ?? 0) + us;
    all += us;
  });
  return Object.fromEntries(Object.entries(times).map(([name, us]) => [name, us / all]));
}
