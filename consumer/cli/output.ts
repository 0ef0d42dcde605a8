import type { OutputLocation } from "../recordings/output-location.js";
import { type OutputPlace, type OutputStoreOptions, openOutputPlace } from "../recordings/output-store.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import { CommandFailure, ExitCode } from "./exit.js";

/** The store that a command was given, before anything is read for it. Throws a `CommandFailure` where it cannot be written. */
export async function openOutput(output: OutputLocation, options: OutputStoreOptions): Promise<RecordingStore> {
  return (await openOutputOf(output, options)).store;
}

/** Likewise, with the marks beside it. */
export async function openOutputOf(output: OutputLocation, options: OutputStoreOptions): Promise<OutputPlace> {
  const place = openOutputPlace(output, options);
  try {
    await place.store.prepare();
    return place;
  } catch (error) {
    if (output.kind === "s3") throw error;
    throw new CommandFailure(ExitCode.failed, `${output.path} cannot be written to: ${(error as Error).message}`);
  }
}
