import type { DamageCode } from "./damage.js";

/** A TrackEntry (RFC 9559, section 5.1.4.1). What the header does not say is absent; no Matroska default is filled in. */
export interface Track {
  number: number;
  /** 1 video, 2 audio, 17 subtitle. */
  type: number;
  name?: string;
  codecId?: string;
  codecPrivate?: Uint8Array;
  samplingFrequencyHz?: number;
  channels?: number;
  bitDepth?: number;
  /** The track's frames are compressed or encrypted by the container (ContentEncodings), so blocks are not the codec's bytes. */
  contentEncoded?: boolean;
}

/** A SimpleBlock or a BlockGroup's Block. The frames of a laced block are one piece: in the order they are played, nothing between. */
export interface Block {
  trackNumber: number;
  /** Cluster timecode plus the block's relative one, in milliseconds. */
  timecodeMs: number;
  /** A view, not a copy: it stays valid as long as the bytes given to the parser are not changed. */
  data: Uint8Array;
}

/**
 * Error tags of a chunk, in either spelling: `AWS_KINESISVIDEO_ERROR_ID` and `_ERROR_CODE` (GetMedia),
 * `AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE` and `_EXCEPTION_MESSAGE` (GetMediaForFragmentList).
 */
export interface KinesisError {
  /** E.g. 3002 write error, 4000 fragment not found, 4500 KMS denied, 5000 internal. */
  id?: number;
  code?: string;
  message?: string;
}

/** One cluster with everything that belongs to it: what Kinesis Video Streams calls a fragment or chunk. */
export interface Fragment {
  /** Where in the byte stream its first byte is, headers included. */
  offset: number;
  /** From its first byte to the end of its trailing tags. */
  bytes: number;
  /** `AWS_KINESISVIDEO_FRAGMENT_NUMBER`: a decimal string of up to 47 digits; compare with `compareFragmentNumbers`. */
  fragmentNumber?: string;
  /** When Kinesis received it, epoch milliseconds. */
  serverTimestampMs?: number;
  /** When the producer says it began, epoch milliseconds. */
  producerTimestampMs?: number;
  /** The cluster's own Timecode in milliseconds: epoch where the producer writes absolute ones, else since its session began. */
  clusterTimecodeMs?: number;
  tracks: readonly Track[];
  /** The producer's tags before the cluster. `AWS_*` tags are in neither map. */
  tagsBefore: ReadonlyMap<string, string>;
  /** The producer's tags after the cluster, where Kinesis shows a running session's tags. */
  tagsAfter: ReadonlyMap<string, string>;
  /** Whole blocks only. */
  blocks: readonly Block[];
  /** Present on an error chunk, which has no media as a rule. */
  error?: KinesisError;
  /** The blocks present are whole, but some are missing, or the tags after them. */
  damaged?: { code: DamageCode; offset: number; message: string };
  /** `AWS_KINESISVIDEO_CONTINUATION_TOKEN`. */
  continuationToken?: string;
  /** `AWS_KINESISVIDEO_MILLIS_BEHIND_NOW`. */
  millisBehindNow?: number;
}

/**
 * Orders fragment numbers, which rise with ingestion and are too long for a JavaScript number.
 * @returns negative, zero or positive, as a sort function wants it
 */
export function compareFragmentNumbers(a: string, b: string): number {
  if (a.length === b.length) return a < b ? -1 : a > b ? 1 : 0;
  const left = a.replace(/^0+(?=.)/, "");
  const right = b.replace(/^0+(?=.)/, "");
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
