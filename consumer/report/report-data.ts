/** What a page of a call is told, as JSON in the page. Times in milliseconds on the call's axis, unless they say otherwise. */
export interface CallReportData {
  kind: "call";
  /** What a title says of the call. */
  title: string;
  transactionId?: string;
  /** Of the axis: from the first sample of any leg to the last of all. */
  durationMs: number;
  /** When the axis begins by the producer's clock, ISO 8601. */
  startTime?: string;
  verdict: Verdict;
  lanes: Lane[];
  /** Both legs in one file, where it was mixed of these very recordings and is there. */
  mix?: { url: string; durationMs: number };
  marks: Mark[];
  statements: Statement[];
  facts: FactTable[];
  /** Who made the page, and when: ISO 8601. */
  madeBy: string;
  madeTime: string;
}

/** In a word or two, and in a sentence. */
export interface Verdict {
  /** `good`: all there and as recorded; `warning`: something is missing; `bad`: audio is not what was recorded, or is not there. */
  level: "good" | "warning" | "bad";
  title: string;
  text: string;
}

/** One side of the call. */
export interface Lane {
  label: string;
  /** What is beside the label: the channel, whether it is complete. */
  note: string;
  /** In words, for whoever does not see the picture. */
  description: string;
  recordings: LaneRecording[];
}

export interface LaneRecording {
  atMs: number;
  durationMs: number;
  /** Of the audio, relative to the page; absent where the file is not there or cannot be played. */
  url?: string;
  peaks?: EmbeddedPeaks;
  /** As the sidecar has it: where fragments begin. */
  fragmentStarts?: string;
}

/** The least and the greatest sample of each bucket, two signed bytes, in base 64. */
export interface EmbeddedPeaks {
  bucketMs: number;
  base64: string;
}

/** Something that is to be seen at a place of the call, or that has none. */
export interface Mark {
  kind: "gap" | "clock" | "error" | "pause" | "overlap";
  lane: number;
  /** Absent where it is not known. */
  atMs?: number;
  /** Absent for a moment. */
  durationMs?: number;
  /** What, in two or three words. */
  title: string;
  text: string;
}

/** How complete a leg is, in sentences; the first is the answer. */
export interface Statement {
  heading: string;
  level: Verdict["level"];
  sentences: string[];
}

export interface FactTable {
  heading: string;
  rows: { name: string; value: string; isCode?: boolean }[];
}

/** What the page of a folder is told. */
export interface IndexData {
  kind: "index";
  title: string;
  calls: IndexRow[];
  /** Files that should be sidecars and are none. */
  damaged: string[];
  madeBy: string;
  madeTime: string;
}

export interface IndexRow {
  url: string;
  transactionId?: string;
  startTime?: string;
  durationMs: number;
  connector?: string;
  /** In words: who was recorded. */
  legs: string;
  verdict: Verdict;
}
