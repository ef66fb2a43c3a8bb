// A reporter of Node's tests: a line of JSON for each test, from which `cargo xtask test` compares the engines.

import { basename } from "node:path";

/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* results(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const words = typeof data.skip === "string" ? data.skip : "";
    // Older Nodes report those that were not asked for, too.
    if (words.includes("does not match pattern")) continue;
    const result = type === "test:fail" ? "failed" : data.skip ? "skipped" : "ok";
    yield `${JSON.stringify({ file: basename(data.file ?? ""), test: data.name, result, words })}\n`;
  }
}
