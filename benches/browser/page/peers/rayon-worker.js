import init, * as bare from "../../../peers/pkg-bare/perennial_bench_peers.js";
import { answer } from "./line.js";

answer({
  async start(threads) {
    await init();
    await bare.initThreadPool(threads);
    return 0;
  },
  noop: bare.noop,
  echo: bare.echo,
  spin: bare.spin,
  spinAll: ({ pieces, us }) => bare.spinAll(pieces, us),
  fill: bare.fill,
});
