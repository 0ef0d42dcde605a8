import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openFileSink } from "../sinks/file.js";
import type { RecordingStore } from "./recording-store.js";
import { formatSidecar, parseSidecar } from "./sidecar.js";

/** Recordings as files of one directory, which is made where it is missing. */
export function directoryStore(directory: string): RecordingStore {
  return {
    async find(name) {
      try {
        return parseSidecar(await readFile(join(directory, `${name}.json`), "utf8"));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async openAudio(name, sampleRateHz) {
      await mkdir(directory, { recursive: true });
      return openFileSink(join(directory, `${name}.wav`), { format: "wav", sampleRateHz });
    },
    async putSidecar(name, sidecar) {
      const path = join(directory, `${name}.json`);
      const temporary = join(directory, `.${name}.json.${randomUUID()}`);
      try {
        await writeFile(temporary, formatSidecar(sidecar), { flag: "wx", flush: true });
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    sidecarLocation: (name) => join(directory, `${name}.json`),
  };
}
