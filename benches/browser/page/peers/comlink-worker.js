import { expose, transfer } from "../../pkg-peers/comlink.js";
import { KINDS } from "./line.js";

expose({ ...KINDS, echo: (bytes) => transfer(bytes, [bytes.buffer]) });
