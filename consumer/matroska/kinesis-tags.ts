import type { KinesisError } from "./fragment.js";

const PREFIX = "AWS_KINESISVIDEO_";

/** What Kinesis Video Streams says of a fragment in tags of its own. */
export interface KinesisTags {
  fragmentNumber?: string;
  serverTimestampMs?: number;
  producerTimestampMs?: number;
  continuationToken?: string;
  millisBehindNow?: number;
  error?: KinesisError;
}

/** `leading`: written before the cluster it speaks of. `trailing`: after it. `none`: not a tag of Kinesis. */
export type KinesisTagPlace = "leading" | "trailing" | "other" | "none";

/** Tag names beginning with `AWS` are reserved (PutMedia, fragment metadata): the producer's own never do. */
export function kinesisTagPlace(name: string): KinesisTagPlace {
  if (!name.startsWith("AWS")) return "none";
  switch (name) {
    case `${PREFIX}FRAGMENT_NUMBER`:
    case `${PREFIX}SERVER_TIMESTAMP`:
    case `${PREFIX}SERVER_SIDE_TIMESTAMP`:
    case `${PREFIX}PRODUCER_TIMESTAMP`:
    case `${PREFIX}PRODUCER_SIDE_TIMESTAMP`:
      return "leading";
    case `${PREFIX}CONTINUATION_TOKEN`:
    case `${PREFIX}MILLIS_BEHIND_NOW`:
      return "trailing";
    default:
      return "other";
  }
}

/** Seconds with a fraction, as text, in whole milliseconds; undefined where it is no number. */
function secondsToMs(value: string): number | undefined {
  const ms = Math.round(Number(value) * 1000);
  return value.trim() !== "" && Number.isSafeInteger(ms) ? ms : undefined;
}

/** Takes one tag over into `tags`. Both spellings are read: the ones of GetMedia's page and of GetMediaForFragmentList's. */
export function takeKinesisTag(tags: KinesisTags, name: string, value: string): void {
  switch (name) {
    case `${PREFIX}FRAGMENT_NUMBER`:
      // Compared digit by digit later on: anything but digits would order wrongly without a word.
      if (/^\d{1,64}$/.test(value)) tags.fragmentNumber = value;
      break;
    case `${PREFIX}SERVER_TIMESTAMP`:
    case `${PREFIX}SERVER_SIDE_TIMESTAMP`:
      tags.serverTimestampMs = secondsToMs(value);
      break;
    case `${PREFIX}PRODUCER_TIMESTAMP`:
    case `${PREFIX}PRODUCER_SIDE_TIMESTAMP`:
      tags.producerTimestampMs = secondsToMs(value);
      break;
    case `${PREFIX}CONTINUATION_TOKEN`:
      tags.continuationToken = value;
      break;
    case `${PREFIX}MILLIS_BEHIND_NOW`:
      if (/^\d{1,15}$/.test(value)) tags.millisBehindNow = Number(value);
      break;
    case `${PREFIX}ERROR_ID`:
    case `${PREFIX}EXCEPTION_ERROR_CODE`:
      tags.error ??= {};
      if (/^\d{1,9}$/.test(value)) tags.error.id = Number(value);
      else tags.error.code ??= value;
      break;
    case `${PREFIX}ERROR_CODE`:
      tags.error ??= {};
      tags.error.code = value;
      break;
    case `${PREFIX}EXCEPTION_MESSAGE`:
    case `${PREFIX}ERROR_MESSAGE`:
      tags.error ??= {};
      tags.error.message = value;
      break;
  }
}
