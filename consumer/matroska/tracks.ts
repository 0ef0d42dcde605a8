import { forEachChild } from "../ebml/children.js";
import { readFloat, readText, readUint } from "../ebml/element-values.js";
import type { Track } from "./fragment.js";
import { ElementId } from "./matroska-elements.js";

function readAudioSettings(track: Track, bytes: Uint8Array, start: number, end: number): void {
  forEachChild(bytes, start, end, (id, from, to) => {
    if (id === ElementId.SamplingFrequency) track.samplingFrequencyHz = readFloat(bytes, from, to);
    else if (id === ElementId.Channels) track.channels = readUint(bytes, from, to);
    else if (id === ElementId.BitDepth) track.bitDepth = readUint(bytes, from, to);
  });
}

function readTrackEntry(bytes: Buffer, start: number, end: number): Track {
  const track: Track = { number: 0, type: 0 };
  forEachChild(bytes, start, end, (id, from, to) => {
    switch (id) {
      case ElementId.TrackNumber:
        track.number = readUint(bytes, from, to);
        break;
      case ElementId.TrackType:
        track.type = readUint(bytes, from, to);
        break;
      case ElementId.TrackName:
        track.name = readText(bytes, from, to);
        break;
      case ElementId.CodecID:
        track.codecId = readText(bytes, from, to);
        break;
      case ElementId.CodecPrivate:
        // A copy: the description outlives the bytes of the fragment it came with.
        track.codecPrivate = new Uint8Array(bytes.subarray(from, to));
        break;
      case ElementId.Audio:
        readAudioSettings(track, bytes, from, to);
        break;
      case ElementId.ContentEncodings:
        track.contentEncoded = true;
        break;
    }
  });
  return track;
}

/**
 * The content of a Tracks element (RFC 9559, section 5.1.4).
 * @throws {EbmlError} where it does not add up
 */
export function readTracks(bytes: Buffer, start: number, end: number): Track[] {
  const tracks: Track[] = [];
  forEachChild(bytes, start, end, (id, from, to) => {
    if (id === ElementId.TrackEntry) tracks.push(readTrackEntry(bytes, from, to));
  });
  return tracks;
}
