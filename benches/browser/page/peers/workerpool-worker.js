import workerpool from "../../pkg-peers/workerpool.js";
import { KINDS } from "./line.js";

workerpool.worker({ ...KINDS, echo: (bytes) => new workerpool.Transfer(bytes, [bytes.buffer]) });
