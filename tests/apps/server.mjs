// A server of files that a test can stop, and that sends what headers a test wants.

import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

/** What a page needs to share memory. */
export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export class Server {
  /** Paths asked for. @type {string[]} */
  asked = [];

  /**
   * @param {string} folder
   * @param {{ base?: string, headers?: Record<string, string> }} [options] `base` has a `/` at both ends
   */
  constructor(folder, { base = "/", headers = {} } = {}) {
    Object.assign(this, { folder, base });
    this.headers = { "Cache-Control": "no-cache", ...ISOLATED, ...headers };
    this.http = http.createServer((request, response) => this.#answer(request, response));
  }

  /** Starts, on the port it had before if it was stopped. */
  async start() {
    await new Promise((resolve, reject) => {
      this.http.once("error", reject).listen(this.port ?? 0, "127.0.0.1", resolve);
    });
    this.port = this.http.address().port;
    this.url = `http://127.0.0.1:${this.port}${this.base}`;
    return this;
  }

  async stop() {
    if (!this.http.listening) return;
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.http.closeAllConnections();
    await closed;
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, "http://any");
    this.asked.push(pathname);
    const file = path.join(this.folder, pathname.slice(this.base.length) + (pathname.endsWith("/") ? "index.html" : ""));
    try {
      if (!pathname.startsWith(this.base)) throw new Error("outside");
      const body = await readFile(file);
      response.writeHead(200, { ...this.headers, "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404, this.headers).end(`there is no ${pathname} here`);
    }
  }
}
