import { join } from "node:path";

/** The file that deployed functions consist of. */
export const lambdaBundle = join(__dirname, "..", "dist", "bundles", "lambda", "index.js");
