// convolve.ts, compiled: first with an instruction that not every browser has, then without it.
import relaxed from "virtual:relaxed.wasm";
import simd from "virtual:simd.wasm";
import { fromBase64 } from "./base64.js";

export const modules = () => [relaxed, simd].map(fromBase64);
