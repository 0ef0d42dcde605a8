import type { Sidecar } from "../recordings/sidecar.js";
import type { AudioInspection } from "./audio-inspection.js";
import type { Statement } from "./report-data.js";
import { lengthText, positionText } from "./time-text.js";

/** As many places are named in a sentence; the table has all. */
const MOST_PLACES = 5;

/** How complete a leg's recording is, for a reader who knows neither AWS nor this program. */
export function legStatement(heading: string, sidecar: Sidecar, audio: AudioInspection): Statement {
  const isAsRecorded = audio.state === "verified";
  const sentences = sidecar.complete ? completeSentences(sidecar) : incompleteSentences(sidecar);
  return {
    heading,
    level: isAsRecorded ? (sidecar.complete ? "good" : "warning") : "bad",
    sentences: [
      ...(isAsRecorded ? [] : [audioSentence(sidecar.sha256, audio)]),
      ...sentences,
      ...gapSentences(sidecar),
    ].concat(isAsRecorded ? audioSentence(sidecar.sha256, audio) : []),
  };
}

/** Whether a file is the one that was recorded, in a sentence. */
export function audioSentence(recordedSha256: string, { state, sha256 }: AudioInspection): string {
  if (state === "verified")
    return `Verified: the audio file's SHA-256 is the one that was recorded, ${recordedSha256}.`;
  if (state === "missing") return "MISSING: the audio file is not where its sidecar is.";
  return `ALTERED: the audio file is not the one that was recorded. Its SHA-256 is ${sha256}; recorded was ${recordedSha256}.`;
}

function completeSentences(sidecar: Sidecar): string[] {
  const { listed } = sidecar.fragments;
  return [
    `Complete: everything that Amazon Kinesis Video Streams lists for this leg was received, whole and without error, the first fragment included${listed === undefined ? "" : ` (${count(listed, "fragment")})`}.`,
    endSentence(sidecar),
    "That is all that Kinesis Video Streams holds; what never reached it cannot be known.",
  ];
}

function incompleteSentences(sidecar: Sidecar): string[] {
  const [first, ...others] = reasonsOf(sidecar);
  return [
    `Incomplete: ${first}.`,
    ...others.map((reason) => `Also, ${reason}.`),
    ...(sidecar.endProof === "none" ? [] : [endSentence(sidecar)]),
  ];
}

/** Why a recording does not claim to be complete, what is known to be missing first; at least one reason. */
function reasonsOf(sidecar: Sidecar): string[] {
  const { fragments, boundaryUncertain, endProof, range } = sidecar;
  const { explained, errors } = explainedGaps(sidecar);
  const reasons = explained.slice(0, MOST_PLACES).map(({ gap, error }) => {
    return `${lengthText(gap.durationMs)} missing at ${positionText(gap.atMs, 1)}, because ${error.message} (${error.code})`;
  });
  const { listed, received } = fragments;
  if (listed !== undefined && received < listed) {
    reasons.push(
      `${listed - received} of the ${count(listed, "fragment")} that Kinesis Video Streams lists did not come whole`,
    );
  }
  if (listed === undefined) {
    reasons.push("the stream's archive was not asked what there is, so nothing shows that this is all");
  }
  const others = distinct(errors);
  for (const { code, message } of others.slice(0, MOST_PLACES)) reasons.push(`${message} (${code})`);
  if (explained.length + others.length > reasons.length) {
    reasons.push(`there are ${sidecar.errors.length} errors in all, listed below`);
  }
  if (boundaryUncertain) {
    reasons.push("another call met this one inside a session, and a fragment where they meet may belong to the other");
  }
  if (endProof === "none") reasons.push("nothing proves that the leg had ended");
  if (range) reasons.push(`only what starts ${rangeText(range)} was asked for`);
  if (reasons.length > 0) return reasons;
  return ["nothing shows that its first fragment is the leg's first, or that its end is the leg's end"];
}

/** A gap where something could not be had has a reason; the other errors, and the other gaps, stand for themselves. */
function explainedGaps({ gaps, errors }: Sidecar) {
  const errorAt = new Map(errors.map((error) => [error.atMs, error]));
  const explained = gaps.flatMap((gap) => {
    const error = errorAt.get(Math.round(gap.atMs));
    return error ? [{ gap, error }] : [];
  });
  const said = new Set(explained.map(({ error }) => error));
  const withReason = new Set(explained.map(({ gap }) => gap));
  return {
    explained,
    errors: errors.filter((error) => !said.has(error)),
    gaps: gaps.filter((gap) => !withReason.has(gap)),
  };
}

function gapSentences(sidecar: Sidecar): string[] {
  const { clockSteps, complete, fragments } = sidecar;
  const { gaps } = explainedGaps(sidecar);
  const sentences: string[] = [];
  if (gaps.length > 0) {
    const totalMs = gaps.reduce((sum, { durationMs }) => sum + durationMs, 0);
    const places = gaps
      .slice(0, MOST_PLACES)
      .map(({ atMs, durationMs }) => `${lengthText(durationMs)} at ${positionText(atMs, 1)}`);
    const more = gaps.length > MOST_PLACES ? `, and ${gaps.length - MOST_PLACES} more` : "";
    const total = gaps.length > 1 ? `${lengthText(totalMs)} in all: ` : "";
    const meaning = complete
      ? "Kinesis Video Streams lists nothing there: none was sent, as when a call is on hold, or it was lost before."
      : "Whether anything was said there is not known.";
    sentences.push(
      `By the telephone system's clock there is no audio for ${total}${places.join(", ")}${more}. Silence stands there. ${meaning}`,
    );
  }
  if (clockSteps.length > 0) {
    const times = clockSteps.length === 1 ? "once" : `${clockSteps.length} times`;
    sentences.push(
      `The telephone system's clock was set ${times} during the call; positions after that are counted on from there.`,
    );
  }
  if (fragments.replayed > 0) {
    sentences.push(
      `${count(fragments.replayed, "fragment")} came again, as when the telephone system connects anew, and ${fragments.replayed === 1 ? "is" : "are"} in the recording once.`,
    );
  }
  return sentences;
}

function endSentence({ endProof, quiescenceSeconds }: Sidecar): string {
  switch (endProof) {
    case "endedEvent":
      return "That the leg had ended is proven: its last fragment is the one that Amazon Chime named when the call ended.";
    case "nextTransaction":
      return "That the leg had ended is proven: another call begins on the same stream after it.";
    case "endTime":
      return "That the leg had ended is proven: the audio reaches the time at which Amazon Chime said that it ended.";
    case "quiescence":
      return `That the leg had ended is concluded from silence: Kinesis Video Streams listed nothing new for ${Math.round(quiescenceSeconds ?? 0)} seconds.`;
    case "none":
      return "Nothing proves that the leg had ended.";
  }
}

function rangeText({ from, to }: NonNullable<Sidecar["range"]>): string {
  return [from && `from ${from} on`, to && `up to ${to}`].filter(Boolean).join(", ");
}

/** One of each code: the others say the same of other places. */
function distinct(errors: Sidecar["errors"]): Sidecar["errors"] {
  return errors.filter(({ code }, i) => errors.findIndex((other) => other.code === code) === i);
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
