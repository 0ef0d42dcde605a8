import { existsSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";

const BUNDLE = join("bundles", "lambda", "index.js");

/**
 * The functions' code, one file that `npm run build` makes: beside this folder where the package is installed, in `dist` where it
 * runs from its sources.
 * @throws pulumi.RunError where it was not built
 */
export function lambdaBundle(folder = __dirname): string {
  const found = [join(folder, "..", BUNDLE), join(folder, "..", "dist", BUNDLE)].find((path) => existsSync(path));
  if (found) return found;
  throw new pulumi.RunError(
    "The code of the consumer's functions is not in pulumi-chime-voice-streaming: in its repository, run npm run build; else install it again.",
  );
}
