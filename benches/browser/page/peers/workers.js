// The page's own workers, kept, so that what a peer leaves behind is no burden to the next.

const Native = globalThis.Worker;
const kept = [];

globalThis.Worker = class extends Native {
  constructor(...all) {
    super(...all);
    kept.push(this);
  }
};

/** How many there have been since the last call of `endWorkers`. */
export const workersStarted = () => kept.length;

export function endWorkers() {
  for (const worker of kept.splice(0)) worker.terminate();
}
