import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, link, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { audioNameIn, audioNameOf } from "./audio-name.js";
import { callAudioFile, parseCallSidecar } from "./call-sidecar.js";
import { expectWritable, makeDirectory } from "./directory.js";
import { withFileLock } from "./file-lock.js";
import {
  AudioMissing,
  type DescribesAudio,
  type FoundRecording,
  foundRecording,
  RecordingChanged,
  type RecordingStore,
  type StoreSink,
  TooManyRecordings,
} from "./recording-store.js";
import { formatSidecar, parseSidecar } from "./sidecar.js";
import { openSpooledAudio } from "./spooled-audio.js";

const READ_BYTES = 256 * 1024;

/** File systems without hard links say so in several ways. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/** Recordings as files of one directory, which is made where it is missing. */
export function directoryStore(directory: string): RecordingStore {
  const sidecarPath = (name: string) => join(directory, `${name}.json`);
  const lockPath = (name: string) => join(directory, `.${name}.lock`);

  async function find<Document extends DescribesAudio>(
    name: string,
    parse: (text: string) => Document | undefined,
    fileOf: (document: Document) => string | undefined,
  ): Promise<FoundRecording<Document>> {
    const version = await textOf(sidecarPath(name));
    if (version === undefined) return {};
    const sidecar = parse(version);
    const file = sidecar && fileOf(sidecar);
    const there = file === undefined ? undefined : await stat(join(directory, file)).catch(() => undefined);
    const bytes = there?.size;
    return foundRecording(version, sidecar, { file, bytes });
  }

  async function openAudio(sampleRateHz?: number): Promise<StoreSink> {
    await makeDirectory(directory);
    const spool = join(directory, `.${randomUUID()}.wav`);
    return openSpooledAudio(spool, { sampleRateHz }, (name, audio) => place(spool, directory, name, audio));
  }

  return {
    prepare: () => expectWritable(directory),
    find: (name) => find(name, parseSidecar, (sidecar) => audioNameIn(sidecar.audio.location, name)),
    findCall: (name) => find(name, parseCallSidecar, callAudioFile),
    list: (prefix, most) => sidecarNames(directory, prefix, most),
    openAudio,
    openAudioFile: () => openAudio(),
    async *readAudio(name, location) {
      const file = audioNameIn(location, name);
      if (!file) throw new AudioMissing(`${location} is not audio of ${name}`);
      try {
        yield* createReadStream(join(directory, file), { highWaterMark: READ_BYTES });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        throw new AudioMissing(`${join(directory, file)} is not there`);
      }
    },
    async putSidecar(name, sidecar, version) {
      const path = sidecarPath(name);
      const temporary = join(directory, `.${randomUUID()}.json`);
      try {
        await writeFile(temporary, formatSidecar(sidecar), { flag: "wx", flush: true });
        // No file system replaces a file on a condition.
        await withFileLock(lockPath(name), async () => {
          if ((await textOf(path)) !== version) throw new RecordingChanged(`${path} has been changed`);
          await rename(temporary, path);
        });
      } finally {
        await rm(temporary, { force: true });
      }
    },
    async removeSidecar(name, version) {
      const path = sidecarPath(name);
      await withFileLock(lockPath(name), async () => {
        const found = await textOf(path);
        if (found !== undefined && found !== version) throw new RecordingChanged(`${path} has been changed`);
        await rm(path, { force: true });
      });
    },
    async removeAudio(name, location) {
      const file = audioNameIn(location, name);
      if (file) await rm(join(directory, file), { force: true });
    },
    sidecarLocation: sidecarPath,
  };
}

async function sidecarNames(directory: string, prefix: string, most: number): Promise<string[]> {
  // What begins with a dot is still being written.
  const isWanted = (file: string) => file.startsWith(prefix) && file.endsWith(".json") && !file.startsWith(".");
  try {
    const names = (await readdir(directory)).filter(isWanted).map((file) => file.slice(0, -".json".length));
    if (names.length > most) throw new TooManyRecordings(prefix, most);
    return names.sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Gives a file its name unless that is taken. @returns whether it did */
async function linked(file: string, path: string): Promise<boolean> {
  try {
    await link(file, path);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || NO_LINKS.has(code)) return false;
    throw error;
  }
}

async function place(
  spool: string,
  directory: string,
  name: string,
  audio: { sha256: string; bytes: number },
): Promise<string> {
  const path = join(directory, audioNameOf(name));
  // Left by a process that died before its sidecar was written, as a rule: the same audio again.
  if ((await linked(spool, path)) || (await holds(path, audio))) return path;
  const byContent = join(directory, audioNameOf(name, audio.sha256));
  if ((await linked(spool, byContent)) || (await holds(byContent, audio))) return byContent;
  const copy = join(directory, `.${randomUUID()}.wav`);
  try {
    await copyFile(spool, copy);
    await rename(copy, byContent);
  } finally {
    await rm(copy, { force: true });
  }
  return byContent;
}

async function holds(path: string, { sha256, bytes }: { sha256: string; bytes: number }): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== bytes) return false;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex") === sha256;
}
