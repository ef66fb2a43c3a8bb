// The engine that these tests run in, and how it is driven: Chromium and Firefox by puppeteer, WebKitGTK by WebDriver.

import { openWebKit } from "./webkit.mjs";

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

/** @param {{ limitMs: number, engine?: typeof ENGINE, hosts?: string[], keepsPages?: boolean }} options */
export async function open({ limitMs, engine = ENGINE, hosts = [], keepsPages = false }) {
  if (engine === "webkit") return openWebKit(given("PERENNIAL_WEBKIT"), given("PERENNIAL_WEBKIT_DRIVER"), limitMs);
  const puppeteer = await import(PERENNIAL_PUPPETEER ?? given("PERENNIAL_PUPPETEER"));
  const common = { headless: true, protocolTimeout: limitMs };
  if (engine === "firefox") {
    return puppeteer.launch({
      ...common,
      browser: "firefox",
      executablePath: given("PERENNIAL_FIREFOX"),
      extraPrefsFirefox: { "network.dns.localDomains": hosts.join(",") },
    });
  }
  const resolved = hosts.map((host) => `--host-resolver-rules=MAP ${host} 127.0.0.1`);
  return puppeteer.launch({
    ...common,
    executablePath: given("PERENNIAL_CHROMIUM"),
    ignoreDefaultArgs: keepsPages ? ["--disable-back-forward-cache"] : [],
    args: [...JSON.parse(process.env.PERENNIAL_CHROMIUM_ARGS ?? "[]"), "--js-flags=--expose-gc", ...resolved],
  });
}
