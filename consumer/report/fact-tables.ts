import type { CallSidecar } from "../recordings/call-sidecar.js";
import type { AudioInspection } from "./audio-inspection.js";
import type { PlacedLeg } from "./call-report.js";
import type { FactTable } from "./report-data.js";
import { lengthText } from "./time-text.js";

type Row = FactTable["rows"][number];

const STATES = { verified: "as recorded", altered: "ALTERED", missing: "missing" } as const;

/** What its sidecar knows of a leg. */
export function legFacts(heading: string, { sidecar, audio, audioPath, name }: PlacedLeg): FactTable {
  const { fragments, bounds, audio: format } = sidecar;
  const listed =
    fragments.listed === undefined ? "received (the archive was not listed)" : `of ${fragments.listed} listed`;
  const silenceMs = (sidecar.silenceSamples * 1000) / format.sampleRateHz;
  return {
    heading,
    rows: rowsOf([
      ["Complete", sidecar.complete ? "yes" : "no"],
      ["Audio file", fileOf(audioPath ?? format.location), true],
      ["State of the file", STATES[audio.state]],
      ["SHA-256, recorded", sidecar.sha256, true],
      ["SHA-256, of the file now", audio.sha256, true],
      ["Sidecar", `${name}.json`, true],
      ["Recording", sidecar.recordingId, true],
      ["Transaction", sidecar.transactionId, true],
      ["Call", sidecar.callId, true],
      ["Voice Connector", sidecar.voiceConnectorId, true],
      ["Stream", sidecar.streamArn, true],
      ["Direction", sidecar.direction],
      ["From", sidecar.fromNumber],
      ["To", sidecar.toNumber],
      ["First sample", sidecar.mediaStartTime],
      ["Last sample ends", sidecar.mediaEndTime],
      ["Duration", `${(sidecar.durationMs / 1000).toFixed(3)} s`],
      ["Samples", sidecar.samples.toLocaleString("en-GB")],
      ["Of these, silence put in", `${sidecar.silenceSamples.toLocaleString("en-GB")} (${lengthText(silenceMs)})`],
      ["Gaps", String(sidecar.gaps.length)],
      ["Errors", String(sidecar.errors.length)],
      ["Clock ahead of the samples", `${sidecar.driftMs} ms`],
      [
        "Format",
        `WAV, ${format.sampleRateHz} Hz, ${format.bitsPerSample} bit, mono, ${format.bytes.toLocaleString("en-GB")} bytes`,
      ],
      ["Fragments", `${fragments.received} ${listed}`],
      ["Fragments sent again", String(fragments.replayed)],
      ["Fragments of nobody", String(fragments.unattributed)],
      ["First fragment", fragments.first, true],
      ["Last fragment", fragments.last, true],
      ["First fragment, by the event", bounds.startFragmentNumber, true],
      ["Last fragment, by the event", bounds.endFragmentNumber, true],
      ["Began, by the event", bounds.startTime],
      ["Ended, by the event", bounds.endTime],
      [
        "Proof of the end",
        `${sidecar.endProof}${sidecar.quiescenceSeconds === undefined ? "" : `, ${sidecar.quiescenceSeconds} s`}`,
      ],
      ["Boundary uncertain", sidecar.boundaryUncertain ? "yes" : "no"],
      [
        "Recorded",
        `${sidecar.recordedTime}, by the ${sidecar.reader} reader of ${sidecar.package.name} ${sidecar.package.version}`,
      ],
    ]),
  };
}

/** What its sidecar knows of a call's stereo audio. */
export function mixFacts(sidecar: CallSidecar, audio: AudioInspection): FactTable {
  const { audio: format } = sidecar;
  return {
    heading: "Stereo file",
    rows: rowsOf([
      ["Audio file", fileOf(format.location), true],
      ["State of the file", STATES[audio.state]],
      ["SHA-256, recorded", sidecar.sha256, true],
      ["SHA-256, of the file now", audio.sha256, true],
      ["Caller known by", sidecar.channelAssignment],
      ["First sample", sidecar.startTime],
      ["Last sample ends", sidecar.endTime],
      ["Duration", `${(sidecar.durationMs / 1000).toFixed(3)} s`],
      [
        "Format",
        `WAV, ${format.sampleRateHz} Hz, ${format.bitsPerSample} bit, stereo, ${format.bytes.toLocaleString("en-GB")} bytes`,
      ],
      ...sidecar.legs.map((leg): [string, string, boolean] => [
        `Mixed of, ${leg.side}`,
        `${leg.recordingId} at sample ${leg.atSample}`,
        true,
      ]),
    ]),
  };
}

function fileOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

function rowsOf(rows: [name: string, value: string | undefined, isCode?: boolean][]): Row[] {
  return rows.flatMap(([name, value, isCode]) =>
    value === undefined ? [] : [{ name, value, ...(isCode && { isCode }) }],
  );
}
