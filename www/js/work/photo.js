// @ts-check
import { Workload } from "./workload.js";
/** @import { Job, Run } from "./workload.js" */

/** What the task gives. @typedef {{ width: number, height: number, file: Uint8Array<ArrayBuffer> }} Size */

/** Widths as a page offers them to screens. */
const WIDTHS = [1600, 1200, 800, 400];
const QUALITY = 80;
/** A file that is larger hardly leaves a generation room to decode it. */
const BYTES_MAX = 64 * 1024 * 1024;
/** What Rust decodes by itself. The browser makes a JPEG of what else it knows. */
const READ_BY_RUST = new Set(["image/jpeg", "image/png", "image/webp"]);

/** A photo that is decoded, made in several sizes, and encoded, again and again. */
export class Photo extends Workload {
  /** @type {{ name: string, bytes: Uint8Array<ArrayBuffer> } | null} */
  #file = null;
  /** Until the last one that was given is read, or refused. */
  #reading = Promise.resolve();
  /** @type {string[]} */
  #urls = [];

  /** @param {{ inFlight?: number }} [options] */
  constructor({ inFlight = 1 } = {}) {
    super(inFlight);
  }

  /**
   * Takes a photo of the visitor's from now on. Rejects, in words, if it is too large or the browser knows no such pictures.
   * @param {Blob} file
   */
  async use(file) {
    const name = file instanceof File ? file.name : "a photo";
    if (file.size > BYTES_MAX) {
      const limit = BYTES_MAX / 1024 / 1024;
      throw new Error(`${name} has ${(file.size / 1024 / 1024).toFixed(0)} MiB. Choose a photo of ${limit} MiB at most.`);
    }
    const reading = this.#read(file, name);
    // Whoever gave it hears what is wrong with it.
    this.#reading = reading.then(
      () => {},
      () => {},
    );
    return reading;
  }

  /**
   * @param {Blob} file
   * @param {string} name
   */
  async #read(file, name) {
    const readable = READ_BY_RUST.has(file.type) ? file : await asJpeg(file, name);
    this.#file = { name, bytes: await bytesOf(readable) };
    return this.#file;
  }

  /** Revokes the URLs of the last result. */
  dispose() {
    for (const url of this.#urls.splice(0)) URL.revokeObjectURL(url);
  }

  /** @override @param {Run} run @param {Job} job */
  async make(run, job) {
    await this.#reading;
    this.#file ??= { name: "a generated picture", bytes: await generated() };
    const { name, bytes } = this.#file;
    const request = { file: bytes, widths: WIDTHS, quality: QUALITY };
    const photo = await run("photo", request, { idempotent: true });
    this.dispose();
    const sizes = photo.sizes.map((/** @type {Size} */ { width, height, file }) => {
      const url = URL.createObjectURL(new Blob([file], { type: "image/jpeg" }));
      this.#urls.push(url);
      return { width, height, bytes: file.length, url };
    });
    const { width, height, decodeMs, encodeMs } = photo;
    return {
      source: { name, width, height, bytes: bytes.length },
      sizes,
      ms: { decode: decodeMs, encode: encodeMs, total: performance.now() - job.begun },
    };
  }
}

/**
 * @param {Blob} file
 * @param {string} name
 */
async function asJpeg(file, name) {
  const bitmap = await createImageBitmap(file).catch((cause) => {
    throw new Error(`${name} is no picture that this browser can read. Choose a JPEG, PNG or WebP file.`, { cause });
  });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  context(canvas).drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
}

/** A picture for who has none at hand: an evening with hills, of 6 megapixels as a camera's. */
async function generated() {
  const canvas = new OffscreenCanvas(3000, 2000);
  const { width, height } = canvas;
  const pen = context(canvas);
  const sky = pen.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, "#1d3a6b");
  sky.addColorStop(0.55, "#e8896b");
  sky.addColorStop(0.75, "#f6d28f");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#fff3d6";
  pen.beginPath();
  pen.arc(width * 0.68, height * 0.55, height * 0.07, 0, 2 * Math.PI);
  pen.fill();
  const hills = ["#6b6a86", "#4b5a6c", "#33504e", "#203a32", "#122620"];
  hills.forEach((colour, row) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(0, height);
    for (let x = 0; x <= width; x += 6) {
      const far = x / width;
      const wave = Math.sin(far * (5 + row) + row * 2) + 0.4 * Math.sin(far * (17 + 3 * row) + row) + 0.06 * Math.sin(far * 211);
      pen.lineTo(x, height * (0.6 + row * 0.085) - wave * height * 0.045);
    }
    pen.lineTo(width, height);
    pen.fill();
  });
  return bytesOf(await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 }));
}

/** @param {Blob} blob */
const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

/** @param {OffscreenCanvas} canvas */
function context(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("the browser gives no canvas to draw on: close other tabs, or reload this page");
  return context;
}
