// The lab's loops, compiled to WebAssembly (see compile.mjs); plain.js has the same in JavaScript.
export { matmul } from "./matmul";
export { addBias, cutGradient, sumColumns, bernoulli, squares } from "./layers";
export { adam } from "./adam";
