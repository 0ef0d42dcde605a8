import { statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { CommandFailure, ExitCode } from "./exit.js";
import { orAborted } from "./interruption.js";

const CHUNK_BYTES = 2 * 1024 * 1024;

/** Why a file could not be read, as a user would say it. */
const reasons: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
};

function inputFailure(path: string, error: unknown): CommandFailure {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const isWrongUse = code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR";
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return new CommandFailure(isWrongUse ? ExitCode.wrongUse : ExitCode.failed, `cannot read ${path}: ${reason}`);
}

export function interrupted(): CommandFailure {
  return new CommandFailure(ExitCode.failed, "interrupted; nothing was kept");
}

/** Two buffers take turns: one is being filled while the other is worked on. */
async function* chunksOfFile(file: FileHandle, path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const buffers = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)] as const;
  const fill = (buffer: Buffer): Promise<{ bytesRead: number; buffer: Buffer }> => {
    const filling = file.read(buffer, 0, CHUNK_BYTES, null);
    // It is awaited a turn later, or not at all if nobody asks for more.
    filling.catch(() => {});
    return filling;
  };
  let filling = fill(buffers[0]);
  try {
    for (let turn = 1; ; turn = 1 - turn) {
      const { bytesRead, buffer } = await orAborted(filling, signal).catch((error: unknown) => {
        throw signal.aborted ? interrupted() : inputFailure(path, error);
      });
      if (bytesRead === 0) return;
      filling = fill(turn === 1 ? buffers[1] : buffers[0]);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    const closed = filling.catch(() => {}).then(() => file.close());
    // A pipe may be silent for ever.
    if (!signal.aborted) await closed;
  }
}

async function* chunksOfStandardInput(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) yield chunk as Buffer;
  } catch (error) {
    if (!signal.aborted) throw inputFailure("standard input", error);
  }
}

/**
 * The bytes of a file, or of standard input for `-`. A chunk is valid until the next one is asked for.
 * @throws {CommandFailure} wrong use for a file that is not there or is a folder
 */
export async function openInput(path: string, signal: AbortSignal): Promise<AsyncGenerator<Uint8Array>> {
  if (path === "-") return chunksOfStandardInput(signal);
  const file = await orAborted(open(path, "r"), signal).catch((error: unknown) => {
    throw signal.aborted ? interrupted() : inputFailure(path, error);
  });
  return chunksOfFile(file, path, signal);
}

/** Bytes of a file; undefined for what has no end that is known. */
export function sizeOf(input: string): number | undefined {
  const found = input === "-" ? undefined : statSync(input, { throwIfNoEntry: false });
  return found?.isFile() ? found.size : undefined;
}
