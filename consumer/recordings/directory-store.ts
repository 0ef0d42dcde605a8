import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { audioNameIn, audioNameOf } from "./audio-name.js";
import { expectWritable, makeDirectory } from "./directory.js";
import { RecordingChanged, type RecordingStore } from "./recording-store.js";
import { formatSidecar, parseSidecar } from "./sidecar.js";
import { openSpooledAudio } from "./spooled-audio.js";

/** File systems without hard links say so in several ways. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/** Recordings as files of one directory, which is made where it is missing. */
export function directoryStore(directory: string): RecordingStore {
  const sidecarPath = (name: string) => join(directory, `${name}.json`);
  return {
    prepare: () => expectWritable(directory),
    async find(name) {
      const version = await textOf(sidecarPath(name));
      if (version === undefined) return {};
      const sidecar = parseSidecar(version);
      const file = sidecar && audioNameIn(sidecar.audio.location, name);
      const bytes = file && (await stat(join(directory, file)).catch(() => undefined))?.size;
      return { version, ...(bytes === sidecar?.audio.bytes && { sidecar }) };
    },
    async openAudio(sampleRateHz) {
      await makeDirectory(directory);
      const spool = join(directory, `.${randomUUID()}.wav`);
      return openSpooledAudio(spool, { sampleRateHz }, (name, audio) => place(spool, directory, name, audio));
    },
    async putSidecar(name, sidecar, version) {
      const path = sidecarPath(name);
      const temporary = join(directory, `.${randomUUID()}.json`);
      try {
        await writeFile(temporary, formatSidecar(sidecar), { flag: "wx", flush: true });
        if (version === undefined && (await linked(temporary, path))) return;
        // No file system replaces a file on a condition. Of two that replace it at the same moment the later one counts,
        // and either describes audio that is there.
        if ((await textOf(path)) !== version) throw new RecordingChanged(`${path} has been changed`);
        await rename(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
    },
    async removeAudio(name, location) {
      const file = audioNameIn(location, name);
      if (file) await rm(join(directory, file), { force: true });
    },
    sidecarLocation: sidecarPath,
  };
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
  await rename(spool, byContent);
  return byContent;
}

async function holds(path: string, { sha256, bytes }: { sha256: string; bytes: number }): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== bytes) return false;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex") === sha256;
}
