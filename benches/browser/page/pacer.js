// Says when the next job is due, every `every` ms, whatever the page is doing.

addEventListener("message", ({ data: { every } }) => {
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  // Times as the page knows them: the two clocks began apart.
  const first = performance.timeOrigin + performance.now();
  for (let n = 0; ; n++) {
    const due = first + n * every;
    const wait = due - (performance.timeOrigin + performance.now());
    if (wait > 0) Atomics.wait(sleep, 0, 0, wait);
    postMessage(due);
  }
});
