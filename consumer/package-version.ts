import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Put in place by `build/bundle.mjs`: beside a bundle is no package.json. */
declare const BUNDLED_PACKAGE: { name: string; version: string } | undefined;

/** Name and version of this package, from the package.json above this file, whether compiled or not. */
export function packageVersion(): { name: string; version: string } {
  if (typeof BUNDLED_PACKAGE !== "undefined") return BUNDLED_PACKAGE;
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path)) {
      const { name, version } = JSON.parse(readFileSync(path, "utf8"));
      return { name, version };
    }
    if (folder === dirname(folder)) throw new Error(`no package.json above ${__dirname}`);
  }
}
