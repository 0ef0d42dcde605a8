import { mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { packageVersion } from "../package-version.js";
import { callName } from "../recordings/recording-name.js";
import type { ReadingOptions } from "./audio-inspection.js";
import { type CallReport, reportCall } from "./call-report.js";
import type { CallReportData, IndexRow } from "./report-data.js";
import { writePage } from "./report-page.js";
import type { FoundCalls, ReportedCall } from "./reported-call.js";

/** Where pages go. */
export interface ReportPlace {
  /** Of the only page of one call; absent where there is an index. */
  page?: string;
  /** Of the page that lists all calls, the others beside it. */
  index?: string;
}

/** What was written of a call. */
export interface WrittenReport {
  page: string;
  transactionId?: string;
  startTime?: string;
  durationMs: number;
  legs: number;
  /** Both legs are there and complete, and all audio is verified. */
  complete: boolean;
  /** Every audio file is there and has the SHA-256 that was recorded. */
  verified: boolean;
  verdict: CallReportData["verdict"];
  /** Paths of audio that is not there, or not what was recorded. */
  faultyAudio: string[];
}

/** The file name of a call's page, without extension: that of its sidecar. */
export function pageNameOf({ transactionId, legs }: ReportedCall): string {
  return transactionId === undefined ? legs[0]!.name : callName(transactionId);
}

/** Of all the audio that is to be read, as the sidecars tell. */
export function audioBytesOf(calls: readonly ReportedCall[]): number {
  const sidecars = calls.flatMap(({ legs, mix }) => [...legs, ...(mix ? [mix] : [])].map(({ sidecar }) => sidecar));
  return sidecars.reduce((sum, { audio }) => sum + audio.bytes, 0);
}

/**
 * Reads the audio of calls, one after the other, and writes a page for each.
 * @param found at least one call; for a place without an index exactly one
 */
export async function writeReports(
  { calls, damaged }: FoundCalls,
  { page, index }: ReportPlace,
  reading: ReadingOptions,
): Promise<WrittenReport[]> {
  const folder = resolve(dirname((page ?? index)!));
  await mkdir(folder, { recursive: true });
  const now = new Date();
  const written: WrittenReport[] = [];
  const rows: IndexRow[] = [];
  const names = new Set<string>();
  for (const call of calls) {
    const path = page ?? join(folder, `${freeName(pageNameOf(call), names)}.html`);
    const report = await reportCall(call, { ...reading, folder, now });
    await writePage(path, report.data);
    written.push(writtenOf(path, call, report));
    rows.push(rowOf(path, call, report));
  }
  if (index !== undefined) {
    const { name, version } = packageVersion();
    rows.sort((a, b) => ((b.startTime ?? "") < (a.startTime ?? "") ? -1 : 1));
    await writePage(index, {
      kind: "index",
      title: "Recorded calls",
      calls: rows,
      damaged: damaged.map((path) => basename(path)),
      madeBy: `${name} ${version}`,
      madeTime: now.toISOString(),
    });
  }
  return written;
}

/** Two ids can have one name, and file systems may not tell capitals from small letters. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()) || free.toLowerCase() === "index"; n++) free = `${name}_${n}`;
  taken.add(free.toLowerCase());
  return free;
}

function writtenOf(page: string, { legs }: ReportedCall, { data, faultyAudio }: CallReport): WrittenReport {
  const { transactionId, startTime, durationMs, verdict } = data;
  return {
    page,
    transactionId,
    startTime,
    durationMs,
    legs: legs.length,
    complete: verdict.level === "good",
    verified: faultyAudio.length === 0,
    verdict,
    faultyAudio,
  };
}

function rowOf(path: string, { legs, transactionId }: ReportedCall, { data }: CallReport): IndexRow {
  const recorded = data.lanes.map(({ label }) => label.toLowerCase()).join(" and ");
  return {
    url: encodeURIComponent(basename(path)),
    transactionId,
    startTime: data.startTime,
    durationMs: data.durationMs,
    connector: legs[0]?.sidecar.voiceConnectorId,
    legs: recorded === "" ? "none" : recorded,
    verdict: data.verdict,
  };
}
