import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { audioNameIn } from "../recordings/audio-name.js";
import { type CallSidecar, callAudioFile, parseCallSidecar } from "../recordings/call-sidecar.js";
import { isLegName, legNamePrefix } from "../recordings/recording-name.js";
import { parseSidecar, type Sidecar } from "../recordings/sidecar.js";

/** A leg's recording, where it lies. */
export interface ReportedLeg {
  /** Of its sidecar, without extension. */
  name: string;
  folder: string;
  sidecar: Sidecar;
}

/** A call's recordings, as they were found. */
export interface ReportedCall {
  /** Absent for a leg of no known call, which is one for itself. */
  transactionId: string | undefined;
  legs: ReportedLeg[];
  /** The call's own sidecar: of its stereo audio. */
  mix?: { folder: string; sidecar: CallSidecar };
}

export interface FoundCalls {
  calls: ReportedCall[];
  /** Paths of files that should be sidecars, and cannot be read as such. */
  damaged: string[];
}

/** Whether there is such a path, and what. */
export async function kindOfPath(path: string): Promise<"file" | "folder" | "missing"> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!found) return "missing";
  return found.isDirectory() ? "folder" : "file";
}

/**
 * The calls of sidecars and of folders with sidecars. A sidecar stands for its call: what lies beside it of the same call belongs to it.
 * @param paths of files and folders that are there
 */
export async function findCalls(paths: readonly string[]): Promise<FoundCalls> {
  const search = new CallSearch();
  for (const path of paths) {
    if ((await kindOfPath(path)) === "folder") await search.addFolder(resolve(path));
    else await search.addNamed(resolve(path));
  }
  return search.found();
}

class CallSearch {
  readonly #legs = new Map<string, ReportedLeg>();
  readonly #mixes = new Map<string, { folder: string; sidecar: CallSidecar }>();
  readonly #damaged = new Set<string>();

  async addFolder(folder: string): Promise<void> {
    for (const path of await sidecarsIn(folder, "")) {
      if (!(await this.#read(path)) && hasSidecarName(path)) this.#damaged.add(path);
    }
  }

  /** A sidecar that a user named, and the rest of its call. */
  async addNamed(path: string): Promise<void> {
    const sidecar = await this.#read(path);
    if (!sidecar) this.#damaged.add(path);
    if (sidecar?.transactionId === undefined) return;
    for (const other of await sidecarsIn(dirname(path), legNamePrefix(sidecar.transactionId))) {
      // Two ids can have one name.
      if (!(await this.#read(other, sidecar.transactionId))) this.#damaged.add(other);
    }
  }

  found(): FoundCalls {
    const calls = new Map<string, ReportedCall>();
    const callOf = (transactionId: string | undefined, path: string): ReportedCall => {
      // Ids are anybody's text; a path is of one file.
      const key = transactionId === undefined ? `path ${path}` : `call ${transactionId}`;
      const call = calls.get(key) ?? { transactionId, legs: [] };
      calls.set(key, call);
      return call;
    };
    for (const [path, leg] of this.#legs) callOf(leg.sidecar.transactionId, path).legs.push(leg);
    for (const [path, mix] of this.#mixes) callOf(mix.sidecar.transactionId, path).mix = mix;
    return { calls: [...calls.values()], damaged: [...this.#damaged] };
  }

  /**
   * @param only what is of another transaction is read and left
   * @returns undefined where it is no sidecar
   */
  async #read(path: string, only?: string): Promise<Sidecar | CallSidecar | undefined> {
    const text = await readFile(path, "utf8");
    const folder = dirname(path);
    const isWanted = (id: string | undefined) => only === undefined || id === only;
    const leg = parseSidecar(text);
    if (leg && isWanted(leg.transactionId))
      this.#legs.set(path, { name: basename(path, ".json"), folder, sidecar: leg });
    if (leg) return leg;
    const call = parseCallSidecar(text);
    if (call && isWanted(call.transactionId)) this.#mixes.set(path, { folder, sidecar: call });
    return call;
  }
}

async function sidecarsIn(folder: string, prefix: string): Promise<string[]> {
  // What begins with a dot is still being written.
  const isSidecar = (file: string) => file.startsWith(prefix) && file.endsWith(".json") && !file.startsWith(".");
  return (await readdir(folder))
    .filter(isSidecar)
    .sort()
    .map((file) => join(folder, file));
}

/** A folder can hold other JSON. */
function hasSidecarName(path: string): boolean {
  const name = basename(path, ".json");
  return isLegName(name) || name.endsWith("_call");
}

/** Where a leg's audio is: beside its sidecar, wherever that was moved. Undefined where the sidecar names no file that can be it. */
export function legAudioPath({ folder, name, sidecar }: ReportedLeg): string | undefined {
  const file = audioNameIn(sidecar.audio.location, name) ?? fileIn(sidecar.audio.location);
  return file && join(folder, file);
}

/** Likewise of a call. */
export function mixAudioPath({ folder, sidecar }: NonNullable<ReportedCall["mix"]>): string | undefined {
  const file = callAudioFile(sidecar) ?? fileIn(sidecar.audio.location);
  return file && join(folder, file);
}

/** Of a sidecar that was renamed: nothing in a location may lead out of the folder. */
function fileIn(location: string): string | undefined {
  const file = location.slice(Math.max(location.lastIndexOf("/"), location.lastIndexOf("\\")) + 1);
  return /\.wav$/i.test(file) && !file.startsWith(".") ? file : undefined;
}
