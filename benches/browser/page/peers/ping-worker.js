// A worker without any library.

import { answer, KINDS } from "./line.js";

/** As large as what is copied through it. @type {Uint8Array | undefined} */
let room;

answer({
  ...KINDS,
  /** What no pool over a shared WebAssembly memory can do without: into it, and out of it. */
  copied(bytes) {
    if (room?.length !== bytes.length) {
      const pages = bytes.length / 65536;
      room = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer);
    }
    room.set(bytes);
    return room.slice();
  },
});
