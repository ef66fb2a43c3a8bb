// Tables, and the page that keeps them.

import { mkdir, readFile, writeFile } from "node:fs/promises";

const FILE = new URL("../../../docs/benchmarks.md", import.meta.url);
const FIGURES = new URL("../../../docs/benchmarks/", import.meta.url);

/** @param {string[]} head @param {(string | number)[][]} rows; the first column is words, the others are numbers */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** Puts `text` between the markers of a part. @param {string} part @param {string} text */
export async function write(part, text) {
  const [begin, end] = [`<!-- ${part}: written by cargo xtask bench -->`, `<!-- ${part}: end -->`];
  const old = await readFile(FILE, "utf8").catch(() => "# Benchmarks\n");
  const [from, to] = [old.indexOf(begin), old.indexOf(end)];
  const section = `${begin}\n\n${text.trim()}\n\n${end}`;
  const fresh = from >= 0 && to > from ? old.slice(0, from) + section + old.slice(to + end.length) : `${old.trimEnd()}\n\n${section}\n`;
  await writeFile(FILE, fresh);
}

/** A drawing that the page shows. @param {string} name @param {string} text */
export async function writeFigure(name, text) {
  await mkdir(FIGURES, { recursive: true });
  await writeFile(new URL(name, FIGURES), text);
}
