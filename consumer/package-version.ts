import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Name and version of this package, from the package.json above this file, whether compiled or not. */
export function packageVersion(): { name: string; version: string } {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path)) {
      const { name, version } = JSON.parse(readFileSync(path, "utf8"));
      return { name, version };
    }
    if (folder === dirname(folder)) throw new Error(`no package.json above ${__dirname}`);
  }
}
