import { dirname, join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { findCalls, kindOfPath, type ReportedCall } from "../report/reported-call.js";
import { lengthText } from "../report/time-text.js";
import {
  audioBytesOf,
  pageNameOf,
  type ReportPlace,
  type WrittenReport,
  writeReports,
} from "../report/write-reports.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { interruptible } from "./interruption.js";
import { Progress } from "./progress.js";
import { writeOut } from "./standard-output.js";

interface ReportOptions {
  output?: string;
  json?: true;
}

function localPath(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must not be empty.");
  if (!/^s3:/i.test(text)) return text;
  throw new InvalidArgumentError(
    "Reports are made of local files: copy the recordings first, with aws s3 cp --recursive.",
  );
}

const sidecarArgument = (text: string, before: string[] | undefined): string[] => [...(before ?? []), localPath(text)];

async function expectThere(paths: readonly string[]): Promise<{ hasFolder: boolean }> {
  const kinds = await Promise.all(paths.map(kindOfPath));
  const missing = paths.filter((_path, i) => kinds[i] === "missing");
  if (missing.length === 0) return { hasFolder: kinds.includes("folder") };
  throw new CommandFailure(ExitCode.wrongUse, `cannot read ${missing.join(", ")}: there is no such file or folder`);
}

/** A page for one call that was named; an index where there are several, or may be. */
async function placeOf(
  output: string | undefined,
  calls: readonly ReportedCall[],
  named: { paths: readonly string[]; hasFolder: boolean },
): Promise<ReportPlace> {
  const hasIndex = named.hasFolder || calls.length > 1;
  const first = named.paths[0]!;
  const folder = (await kindOfPath(first)) === "folder" ? first : dirname(first);
  if (output === undefined) {
    return hasIndex ? { index: join(folder, "index.html") } : { page: join(folder, `${pageNameOf(calls[0]!)}.html`) };
  }
  if (/\.html?$/i.test(output)) return hasIndex ? { index: output } : { page: output };
  return hasIndex ? { index: join(output, "index.html") } : { page: join(output, `${pageNameOf(calls[0]!)}.html`) };
}

function describe({ page, durationMs, legs, verdict }: WrittenReport): string {
  return `${page}  ${lengthText(durationMs)}, ${legs === 1 ? "1 recording" : `${legs} recordings`}: ${verdict.title}`;
}

function failureOf(damaged: readonly string[], reports: readonly WrittenReport[]): CommandFailure | undefined {
  const faulty = reports.flatMap(({ faultyAudio }) => faultyAudio);
  const said = [
    ...(damaged.length > 0 ? [`not a sidecar that can be read: ${damaged.join(", ")}`] : []),
    ...(faulty.length > 0 ? [`missing, or not the audio that was recorded: ${faulty.join(", ")}`] : []),
  ];
  return said.length === 0 ? undefined : new CommandFailure(ExitCode.damagedInput, said.join("; "));
}

async function report(paths: string[], { output, json }: ReportOptions): Promise<void> {
  const { hasFolder } = await expectThere(paths);
  const found = await findCalls(paths);
  const { calls, damaged } = found;
  if (calls.length === 0) {
    throw (
      failureOf(damaged, []) ??
      new CommandFailure(ExitCode.nothingMatched, `there is no recording in ${paths.join(", ")}`)
    );
  }
  const place = await placeOf(output, calls, { paths, hasFolder });
  const written = await interruptible(async (signal) => {
    const progress = new Progress({ label: "reading", json, totalBytes: () => audioBytesOf(calls), signal });
    const onRead = (bytes: number) => {
      progress.bytes += bytes;
    };
    try {
      return await writeReports(found, place, { signal, onRead });
    } catch (error) {
      throw signal.aborted ? new CommandFailure(ExitCode.failed, "interrupted") : error;
    } finally {
      progress.finish();
    }
  });
  if (json) {
    await writeOut(`${JSON.stringify({ index: place.index ?? null, calls: written, damaged })}\n`);
  } else {
    for (const each of written) await writeOut(`${describe(each)}\n`);
    if (place.index) await writeOut(`${place.index}\n`);
  }
  const failure = failureOf(damaged, written);
  if (failure) throw failure;
}

const HELP = `
A sidecar, of a leg or of the call, stands for its call: the other legs and the stereo file are found beside it. A folder gives a
page a call and index.html, which lists them. Pages find the audio by its place relative to them: move both together.
Every audio file is read whole, and compared with the SHA-256 in its sidecar. Its waveform is kept beside it, in
<recording>.peaks.bin.

Exit codes: 0 done; 2 wrong use; 3 a sidecar cannot be read, or audio is missing or altered (what can be shown is shown);
4 no recording; 1 anything else.`;

/** `report`: a page to look at and listen to. */
export function reportCommand(): Command {
  return new Command("report")
    .description("a page to look at and listen to: both legs on one time axis, gaps, fragments, and how complete it is")
    .argument("<sidecar...>", "sidecar JSON of a leg or a call, or a folder of recordings", sidecarArgument)
    .option(
      "-o, --output <where>",
      "the page, or with several calls the index; or a folder for them (default: beside the first recording)",
      localPath,
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action((paths: string[], options: ReportOptions) =>
      report(
        paths.map((path) => resolve(path)),
        options,
      ),
    );
}
