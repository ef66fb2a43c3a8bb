// The engine that these tests run in, and how it is driven: Chromium by puppeteer, Firefox and WebKitGTK by WebDriver.

import { openByDriver } from "./webdriver.mjs";

const { PERENNIAL_ENGINE = "chromium", PERENNIAL_PUPPETEER } = process.env;

/** @type {"chromium" | "firefox" | "webkit"} */
export const ENGINE = ((/** @type {any} */ name) => {
  if (!["chromium", "firefox", "webkit"].includes(name)) throw new Error(`PERENNIAL_ENGINE is chromium, firefox or webkit, not ${name}`);
  return name;
})(PERENNIAL_ENGINE);

/** A variable that `cargo xtask test` sets. @param {string} name */
function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with \`cargo xtask test\`, which installs ${ENGINE} and says where it is`);
  return value;
}

/** What puppeteer has Chromium do for hidden pages. */
const AS_IF_SHOWN = ["--disable-backgrounding-occluded-windows", "--disable-background-timer-throttling", "--disable-renderer-backgrounding"];

/**
 * @param {{ limitMs: number, engine?: typeof ENGINE, hosts?: string[], keepsPages?: boolean, hidesPages?: boolean,
 *   prefs?: Record<string, unknown> }} options
 */
export async function open({ limitMs, engine = ENGINE, hosts = [], keepsPages = false, hidesPages = false, prefs = {} }) {
  if (engine === "webkit") return openWebKit(limitMs);
  if (engine === "firefox") return openFirefox(limitMs, hosts, prefs);
  const puppeteer = await import(PERENNIAL_PUPPETEER ?? given("PERENNIAL_PUPPETEER"));
  const resolved = hosts.map((host) => `--host-resolver-rules=MAP ${host} 127.0.0.1`);
  return puppeteer.launch({
    headless: true,
    protocolTimeout: limitMs,
    executablePath: given("PERENNIAL_CHROMIUM"),
    ignoreDefaultArgs: [...(keepsPages ? ["--disable-back-forward-cache"] : []), ...(hidesPages ? AS_IF_SHOWN : [])],
    args: [...JSON.parse(process.env.PERENNIAL_CHROMIUM_ARGS ?? "[]"), "--js-flags=--expose-gc", ...resolved],
  });
}

/**
 * Not by puppeteer: while somebody listens to its BiDi events, Firefox now and then never returns from a worker's
 * `new Worker`.
 */
function openFirefox(limitMs, hosts, more) {
  const prefs = { "network.dns.localDomains": hosts.join(","), ...more };
  return openByDriver({
    driver: given("PERENNIAL_GECKODRIVER"),
    args: (port) => [`--marionette-port=${port}`],
    capabilities: {
      browserName: "firefox",
      "moz:firefoxOptions": { binary: given("PERENNIAL_FIREFOX"), args: ["-headless"], prefs },
    },
    limitMs,
  });
}

function openWebKit(limitMs) {
  return openByDriver({
    driver: given("PERENNIAL_WEBKIT_DRIVER"),
    // Without the first it has shared memories and posts none. It makes the page's language of the locale, of which "C.utf8" gives none.
    environment: { JSC_useSharedArrayBuffer: "1", LC_ALL: "C" },
    capabilities: {
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": { binary: given("PERENNIAL_WEBKIT"), args: ["--automation"] },
    },
    limitMs,
  });
}
