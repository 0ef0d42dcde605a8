import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "./directory.js";
import { withFileLock } from "./file-lock.js";
import { markFile, markFolder, markNameIn } from "./mark-path.js";
import type { MarkKind, MarkStore } from "./marks.js";

/** Marks as files `marks/<kind>/<name>.json` of the recordings' directory. A mark's version is its text. */
export function directoryMarks(path: string): MarkStore {
  const folderOf = (kind: MarkKind) => join(path, markFolder(kind));
  const fileOf = (kind: MarkKind, name: string) => join(folderOf(kind), markFile(name));

  return {
    async put(kind, name, text, version, { replace = false } = {}) {
      const file = fileOf(kind, name);
      const folder = folderOf(kind);
      await makeDirectory(folder);
      const temporary = join(folder, `.${randomUUID()}`);
      try {
        await writeFile(temporary, text, { flag: "wx", flush: true });
        // No file system replaces a file on a condition.
        return await withFileLock(join(folder, `.${name}.lock`), async () => {
          if (!replace && (await unlessGone(readFile(file, "utf8"))) !== version) return false;
          await rename(temporary, file);
          return true;
        });
      } finally {
        await rm(temporary, { force: true });
      }
    },
    async get(kind, name) {
      const text = await unlessGone(readFile(fileOf(kind, name), "utf8"));
      return text === undefined ? undefined : { name, text, version: text };
    },
    async remove(kind, name) {
      await rm(fileOf(kind, name), { force: true });
    },
    async *list(kind) {
      for (const file of (await unlessGone(readdir(folderOf(kind)))) ?? []) {
        const name = markNameIn(file);
        // It can be removed while others are looked at.
        const found = name === undefined ? undefined : await unlessGone(stat(join(folderOf(kind), file)));
        if (name !== undefined && found) yield { name, modifiedMs: found.mtimeMs };
      }
    },
  };
}

async function unlessGone<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
