// Goes before the script of a worker that is to lose one of its own: ends the first of them when a message says so.

const workers = [];
const Native = self.Worker;
self.Worker = class extends Native {
  constructor(...all) {
    super(...all);
    workers.push(this);
  }
};
new BroadcastChannel("kill").onmessage = () => workers[0]?.terminate();
