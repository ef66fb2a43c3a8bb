// The package without its health reports: the same code, but that no thread's numbers are sent or heard.

import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";

const PACKAGE = new URL("../pkg/", import.meta.url);
const SILENT = new URL("../pkg-silent/", import.meta.url);

/** What goes, by script. Each stands there once, or this is told. */
const CUTS = {
  "realm.js": [["postEnded", "health: Array.from(health) }, [buffer]", "health: [] }, [buffer]"]],
  "driver.js": [["#ended", "this.#tell((core, now) => core.reported(now, generation, health));\n    this.#said", "this.#said"]],
};

/** Makes the copy, in `pkg-silent` beside the package. Returns its name. */
export async function silenced() {
  await rm(SILENT, { recursive: true, force: true });
  await cp(PACKAGE, SILENT, { recursive: true });
  const snippets = new URL("snippets/", SILENT);
  const ours = (await readdir(snippets)).filter((name) => name.startsWith("perennial-"));
  for (const [script, cuts] of Object.entries(CUTS)) {
    for (const [where, from, to] of cuts) {
      let found = 0;
      for (const folder of ours) {
        const file = new URL(`${folder}/src/js/${script}`, snippets);
        const text = await readFile(file, "utf8").catch(() => "");
        found += text.split(from).length - 1;
        await writeFile(file, text.replace(from, to));
      }
      if (found !== 1) throw new Error(`benches/browser/lib/silenced.mjs takes the reports out of ${script}, and ${where} there has changed`);
    }
  }
  return "pkg-silent";
}
