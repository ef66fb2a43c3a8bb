// The demo's page, and what tests do on it and read off it.

import assert from "node:assert/strict";
import { afterEach } from "node:test";

import { BASE_URL, LIMIT_MS, openPage, page } from "./harness.mjs";

/** The page, once all its controls work. @param {any} browser @param {string} [hash] */
export async function openDemo(browser, hash = "") {
  const page = await openPage(browser, `/${hash}`);
  // The bare side's workers die as they do everywhere: of an exception that nobody catches.
  page.excuses = ({ stack = "" }) => stack.includes("/bare/");
  await page.waitForFunction(() => !document.querySelector("#play").disabled, { timeout: LIMIT_MS });
  return page;
}

/** Loads the page anew, as a visitor does who comes back. */
export async function comeBack() {
  await page.goto(`${BASE_URL}/`, { waitUntil: "load" });
  await until(() => document.querySelector("#play")?.disabled === false);
}

/** What wasm-bindgen-rayon and dying workers say on the bare side, and what a panic's hook says. */
const MEANT = /deprecated parameters|unreachable|\/bare\/|panicked at/;

/** No test of this file may leave an error or a warning in the console. */
export function noComplaints() {
  afterEach(() => {
    const complaints = page.log.splice(0).filter((line) => /^(error|warn)/.test(line) && !MEANT.test(line));
    assert.deepEqual(complaints, [], "the console shows no error");
  });
}

/** What a figure shows, as a number. @param {string} name */
export const stat = (name) => page.$eval(`[data-stat="${name}"]`, (element) => Number.parseFloat(element.textContent));

/** The page's phase is this one. @param {string} phase */
export const phase = (phase) => until((phase) => document.body.dataset.phase === phase, phase);

/** @param {string} name @param {number} least */
export const reaches = (name, least) =>
  until((name, least) => Number.parseFloat(document.querySelector(`[data-stat="${name}"]`).textContent) >= least, name, least);

/** Waits for what the page comes to. @param {(...args: any[]) => unknown} body @param {...any} args */
export const until = (body, ...args) => page.waitForFunction(body, { timeout: LIMIT_MS }, ...args);

/** The bare side has this status, or one of these, and the page shows it, which it does a frame later. @param {...string} statuses */
export const bareIs = (...statuses) =>
  until((statuses) => {
    const { status } = window.demo.bare.state;
    return statuses.includes(status) && document.body.dataset.bare === status;
  }, statuses);

/** Presses a button once it can be pressed, clear of what sticks to the edge of the screen. @param {string} selector */
export async function press(selector) {
  await until((selector) => document.querySelector(selector)?.disabled === false, selector);
  await page.$eval(selector, (element) => element.scrollIntoView({ block: "center" }));
  await page.click(selector);
}

/** Sets an input, as a visitor does. @param {string} selector @param {string} value */
export const set = (selector, value) =>
  page.evaluate(
    (selector, value) => {
      const input = document.querySelector(selector);
      input.value = value;
      for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
    },
    selector,
    value,
  );

/** Ends all work, both sides and the story, so that the next test begins anew. */
export async function rest() {
  await page.evaluate(() => {
    window.demo.story.stop();
    window.demo.actions.rest();
  });
  await until(() => !window.demo.actions.pool.doing);
  await page.evaluate(async () => {
    const { actions } = window.demo;
    if (actions.pool.serving) await actions.exit();
    else actions.bare.unload();
  });
}
