/** The functions of a deployed consumer, bundled into one file: `index.archive` and `index.reconcile`. */
export { archive } from "./archive.js";
export { reconcile } from "./reconcile.js";
