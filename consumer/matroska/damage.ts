/**
 * What was wrong with the bytes.
 *
 * - `empty`: no bytes at all. `notMatroska`: bytes, but not one Matroska header in them.
 * - `garbage`: bytes that fit nowhere; reading resumed at the next plausible header.
 * - `truncated`: an element, cluster or segment ends before the size it claims, or the stream does; or a fragment of GetMedia ends
 *   without the tags that Kinesis writes last, or before the cluster that its first tags announce.
 * - `sizeRefused`: an element claims more than the limit; nothing was buffered for it.
 * - `fragmentTooLarge`: a fragment outgrew the limit; its blocks so far were kept, the rest skipped.
 * - `invalidElement`: a header element (Tags, Tracks, …) whose content does not add up.
 * - `invalidBlock`: a block whose lacing does not add up.
 */
export type DamageCode =
  | "empty"
  | "notMatroska"
  | "garbage"
  | "truncated"
  | "sizeRefused"
  | "fragmentTooLarge"
  | "invalidElement"
  | "invalidBlock";

/** One place where the bytes were not what they should be. Messages never hold media bytes. */
export interface Damage {
  code: DamageCode;
  /** Where in the byte stream, counted from its first byte. */
  offset: number;
  message: string;
  /** How many bytes were skipped from there; absent where none were. */
  bytesSkipped?: number;
}
