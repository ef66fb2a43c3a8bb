import "./poolifier-window.js";

import { ThreadWorker } from "../../pkg-peers/poolifier-web-worker.js";
import { KINDS } from "./line.js";

export default new ThreadWorker({ ...KINDS });
