// A server of a test's own: the project's `tests/` folder or its page, with the headers and the changes to its files that the
// test wants.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
const PAGE = fileURLToPath(new URL("../../www", import.meta.url));
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".wasm": "application/wasm" };

export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/**
 * A `change` for `serve`, of the scripts whose address ends so: each line, which must be there, becomes another.
 * @param {string} ending @param {[string, string][]} lines what is there, and what stands in its place; `$&` is the line itself
 * @returns {(path: string, text: string) => string}
 */
export function changed(ending, lines) {
  return (path, text) => {
    if (!path.endsWith(ending)) return text;
    for (const [line, instead] of lines) {
      assert.ok(text.includes(line), `${path} has the line \`${line}\``);
      text = text.replace(line, instead);
    }
    return text;
  };
}

/**
 * @param {{ headers?: Record<string, string>, change?: (path: string, text: string) => string, isPage?: boolean, gone?: string[] }}
 *   [options] `change` gets each script's address and text, and returns what is sent; `isPage`: the demo's folder in place of
 *   `tests/`; `gone`: addresses that there is nothing at
 * @returns {Promise<{ url: string, close(): void }>} the fixture's page, or the demo's
 */
export async function serve({ headers = {}, change = (_, text) => text, isPage = false, gone = [] } = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const index = path.endsWith("/") ? "index.html" : "";
    const file = isPage ? join(PAGE, path, index) : join(TESTS, path.replace(/^\/tests\//, "/"), index);
    try {
      if (gone.includes(path)) throw new Error("gone");
      const bytes = await readFile(file);
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      const body = type === "text/javascript" ? change(path, bytes.toString()) : bytes;
      response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}/${isPage ? "" : "tests/fixture/"}`, close };
}
