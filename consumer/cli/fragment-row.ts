import type { Fragment, KinesisError, Track } from "../matroska/fragment.js";

const trackTypes: Record<number, string> = { 1: "video", 2: "audio", 17: "subtitle" };

/** A track as `inspect --json` shows it. */
export interface TrackRow {
  number: number;
  type: string;
  name?: string;
  codecId?: string;
  samplingFrequencyHz?: number;
  channels?: number;
  bitDepth?: number;
}

/** A fragment as `inspect --json` shows it. */
export interface FragmentRow {
  number?: string;
  /** ISO 8601, to the millisecond. */
  serverTimestamp?: string;
  producerTimestamp?: string;
  /** The producer's tags; those before the cluster win over those after it. */
  tags: Record<string, string>;
  tagsBefore: Record<string, string>;
  tagsAfter: Record<string, string>;
  tracks: TrackRow[];
  /** How many. */
  blocks: number;
  bytes: number;
  offset: number;
  error?: KinesisError;
  damaged?: Fragment["damaged"];
  continuationToken?: string;
  millisBehindNow?: number;
}

/** Times that no Date holds come from damage and have no ISO form. */
function isoTime(timeMs: number | undefined): string | undefined {
  return timeMs === undefined || Math.abs(timeMs) > 8.64e15 ? undefined : new Date(timeMs).toISOString();
}

function trackRow(track: Track): TrackRow {
  const { number, type, name, codecId, samplingFrequencyHz, channels, bitDepth } = track;
  return { number, type: trackTypes[type] ?? String(type), name, codecId, samplingFrequencyHz, channels, bitDepth };
}

export function fragmentRow(fragment: Fragment): FragmentRow {
  const tagsBefore = Object.fromEntries(fragment.tagsBefore);
  const tagsAfter = Object.fromEntries(fragment.tagsAfter);
  return {
    number: fragment.fragmentNumber,
    serverTimestamp: isoTime(fragment.serverTimestampMs),
    producerTimestamp: isoTime(fragment.producerTimestampMs),
    tags: { ...tagsAfter, ...tagsBefore },
    tagsBefore,
    tagsAfter,
    tracks: fragment.tracks.map(trackRow),
    blocks: fragment.blocks.length,
    bytes: fragment.bytes,
    offset: fragment.offset,
    error: fragment.error,
    damaged: fragment.damaged,
    continuationToken: fragment.continuationToken,
    millisBehindNow: fragment.millisBehindNow,
  };
}

function describeTracks(tracks: readonly TrackRow[]): string {
  return tracks
    .map(({ number, type, name, codecId }) => `${number} ${type} ${[name, codecId].filter(Boolean).join(" ")}`.trim())
    .join("; ");
}

function describeTags(row: FragmentRow): string {
  const before = Object.entries(row.tagsBefore).map(([name, value]) => `${name}=${value}`);
  const after = Object.entries(row.tagsAfter).map(([name, value]) => `${name}=${value} (after)`);
  return [...before, ...after].join(" ");
}

/** Control characters in tags could drive the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

export const fragmentTableHead = `${"offset".padStart(12)} ${"bytes".padStart(9)} ${"blocks".padStart(6)}  ${"producer time".padEnd(24)}  fragment number, tags`;

/** A line of the table that `inspect` prints, and lines about what is special: tracks where they change, errors, damage. */
export function fragmentLines(row: FragmentRow, tracksBefore: string | undefined): { lines: string[]; tracks: string } {
  const tracks = describeTracks(row.tracks);
  const numbers = `${String(row.offset).padStart(12)} ${String(row.bytes).padStart(9)} ${String(row.blocks).padStart(6)}`;
  const lines = [
    `${numbers}  ${(row.producerTimestamp ?? "").padEnd(24)}  ${row.number ?? "-"} ${describeTags(row)}`.trimEnd(),
  ];
  if (tracks !== tracksBefore && tracks !== "") lines.push(`${" ".repeat(14)}tracks: ${tracks}`);
  const { error, damaged } = row;
  if (error)
    lines.push(
      `${" ".repeat(14)}error: ${[error.id, error.code, error.message].filter((x) => x !== undefined).join(" ")}`,
    );
  if (damaged) lines.push(`${" ".repeat(14)}damaged: ${damaged.code} at offset ${damaged.offset}: ${damaged.message}`);
  return { lines: lines.map(printable), tracks };
}
