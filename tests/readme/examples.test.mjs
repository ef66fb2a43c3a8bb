// The JavaScript that pages and doc comments show is at least JavaScript. (The README's own runs in readme.test.mjs.)

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Written by programs, or somebody else's. */
const LEFT_OUT = new Set(["target", "node_modules", "pkg", "dist", ".git"]);
const run = promisify(execFile);

let scratch;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "perennial-examples-"));
});
after(() => rm(scratch, { recursive: true, force: true }));

async function* files(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name) || entry.name.startsWith("pkg-")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if ([".md", ".rs", ".js", ".ts"].includes(extname(path))) yield path;
  }
}

/** Each block fenced as `js` in Markdown or in doc comments, with the line where it begins. */
function* examples(text) {
  let block;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/^\s*(?:\/\/[/!]|\*) ?/, "");
    if (block) {
      if (line.startsWith("```")) {
        yield block;
        block = undefined;
      } else block.lines.push(line);
    } else if (/^```js\b/.test(line)) block = { line: index + 1, lines: [] };
  }
}

test("every example in JavaScript parses", async () => {
  let count = 0;
  const wrong = [];
  for await (const path of files(ROOT)) {
    for (const { line, lines } of examples(await readFile(path, "utf8"))) {
      const file = join(scratch, `${count++}.mjs`);
      await writeFile(file, lines.join("\n"));
      try {
        await run(process.execPath, ["--check", file], { timeout: 30_000 });
      } catch (error) {
        wrong.push(`${relative(ROOT, path)}:${line}\n${error.stderr}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(count >= 3, `only ${count} examples were found`);
});
