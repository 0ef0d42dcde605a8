import { randomUUID } from "node:crypto";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/**
 * Makes a directory and those above it. Not by `mkdir` with `recursive`, which in Node 20 does not end where a file system
 * refuses new directories, as `/proc` does.
 */
export async function makeDirectory(path: string, isLastAttempt = false): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || isLastAttempt) throw error;
    const parent = dirname(resolve(path));
    // Where it is there, somebody has made it meanwhile, or the file system refuses: the next attempt tells.
    if (!(await stat(parent).catch(() => undefined))) await makeDirectory(parent);
    await makeDirectory(path, true);
  }
}

/** Makes the directory where it is missing. Throws the system's error where no file can be made in it. */
export async function expectWritable(directory: string): Promise<void> {
  await makeDirectory(directory);
  const probe = join(directory, `.${randomUUID()}`);
  try {
    await writeFile(probe, "", { flag: "wx" });
  } finally {
    await rm(probe, { force: true });
  }
}
