// The README's crate in a real browser: its script runs as it stands, in a page with exactly the headers it names.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { launch, LIMIT_MS } from "../e2e/harness.mjs";

const { PERENNIAL_README_APP: app, PERENNIAL_README_HEADERS } = process.env;
if (!app || !PERENNIAL_README_HEADERS) throw new Error("run this test with `cargo xtask test --only readme`");
const headers = JSON.parse(PERENNIAL_README_HEADERS);

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

// `import()` is over when the script's last promise is.
const PAGE = `<!doctype html><title>README</title><link rel="icon" href="data:,"><script type="module">
  import("./main.js").then(() => "ended", (error) => String(error?.stack ?? error)).then((word) => (window.verdict = word));
</script>`;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Serves the crate's folder with these headers and no others of that kind; gives the address and a way to stop. */
async function serve(headers) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const type = path === "/" ? "text/html" : TYPES[extname(path)];
    try {
      const body = path === "/" ? PAGE : await readFile(join(app, path));
      response.writeHead(200, { ...headers, "Content-Type": type ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `http://127.0.0.1:${server.address().port}/`, stop };
}

/** Each `console.log(...); // TEXT` of the script promises TEXT. */
function promised(script) {
  return [...script.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1]);
}

test("the README's crate does what its comments say", async () => {
  const expected = promised(await readFile(join(app, "main.js"), "utf8"));
  assert.ok(expected.length > 0, "main.js of the README has no `console.log(...); // what it prints`");
  const { address, stop } = await serve(headers);
  const page = await browser.newPage();
  try {
    const logged = [];
    const failures = [];
    page.on("console", (message) => (message.type() === "log" ? logged : failures).push(message.text()));
    page.on("pageerror", (error) => failures.push(error.message));
    await page.goto(address);
    const verdict = await page.waitForFunction(() => window.verdict, { timeout: LIMIT_MS });
    assert.equal(await verdict.jsonValue(), "ended", failures.join("\n"));
    assert.deepEqual(logged, expected);
    assert.deepEqual(failures, []);
  } finally {
    await page.close();
    await stop();
  }
});

test("npm packs all that the page loads", async () => {
  const folder = join(app, "pkg");
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json"], { cwd: folder, timeout: 60_000 });
  const packed = new Set(JSON.parse(stdout)[0].files.map((file) => file.path));
  const built = (await readdir(folder, { recursive: true })).filter((file) => [".js", ".wasm"].includes(extname(file)));
  assert.ok(built.some((file) => file.startsWith("snippets/perennial-")), `no scripts of perennial in ${built.join(", ")}`);
  assert.deepEqual(built.filter((file) => !packed.has(file)), []);
});

test("each of the README's headers is needed", async () => {
  for (const left of Object.keys(headers)) {
    const { [left]: _, ...others } = headers;
    for (const [sent, isolated] of [[headers, true], [others, false]]) {
      const { address, stop } = await serve(sent);
      const page = await browser.newPage();
      try {
        await page.goto(address);
        assert.equal(await page.evaluate(() => crossOriginIsolated), isolated, `without ${left}`);
      } finally {
        await page.close();
        await stop();
      }
    }
  }
});
