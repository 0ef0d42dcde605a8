import { access, constants, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux' memory file system. */
const MEMORY_FOLDER = "/dev/shm";

/** A folder for what the benchmark reads and writes, empty at the beginning. */
export interface Scratch {
  readonly path: string;
  /** Whether it is in memory. On a disk, the disk is measured too. */
  readonly isInMemory: boolean;
  remove(): Promise<void>;
}

async function hasRoom(folder: string, neededBytes: number): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize >= neededBytes;
  } catch {
    return false;
  }
}

/**
 * Makes a folder in memory where there is room for so many bytes, else in the system's folder for temporary files.
 * @throws where neither has room
 */
export async function openScratch(neededBytes: number): Promise<Scratch> {
  const isInMemory = await hasRoom(MEMORY_FOLDER, neededBytes);
  const parent = isInMemory ? MEMORY_FOLDER : tmpdir();
  if (!(await hasRoom(parent, neededBytes))) {
    throw new Error(`neither ${MEMORY_FOLDER} nor ${parent} has room for ${Math.ceil(neededBytes / 1e6)} MB`);
  }
  const path = await mkdtemp(join(parent, `chime-voice-streaming-bench-${process.pid}-`));
  return { path, isInMemory, remove: () => rm(path, { recursive: true, force: true }) };
}
