// The native side of a comparison: a program that reads names and answers each with a line of JSON.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { PERENNIAL_BENCH_NATIVE } from "./environment.mjs";

/** Answers a line of words with what the program said. @param {number} threads of Rayon */
export function startNative(threads) {
  if (!PERENNIAL_BENCH_NATIVE) throw new Error("PERENNIAL_BENCH_NATIVE does not say where the native kernels are");
  const child = spawn(PERENNIAL_BENCH_NATIVE, {
    env: { ...process.env, RAYON_NUM_THREADS: String(threads) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(line));
  const over = (reason) => waiting.splice(0).forEach(({ reject }) => reject(new Error(`the native program ended: ${reason}`)));
  child.on("error", (error) => over(error.message));
  child.on("exit", over);
  return {
    async run(name) {
      const answer = JSON.parse(
        await new Promise((resolve, reject) => {
          waiting.push({ resolve, reject });
          child.stdin.write(`${name}\n`);
        }),
      );
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    end: () => child.stdin.end(),
  };
}
