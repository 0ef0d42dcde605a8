import { element, openElement, stringElement, uintElement } from "./ebml-writer.js";

/** Element ids, marker bits included: RFC 8794 and RFC 9559. */
const Id = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  segmentUid: 0x73a4,
  timecodeScale: 0x2ad7b1,
  title: 0x7ba9,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  trackName: 0x536e,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  tags: 0x1254c367,
  tag: 0x7373,
  simpleTag: 0x67c8,
  tagName: 0x45a3,
  tagString: 0x4487,
  cluster: 0x1f43b675,
  timecode: 0xe7,
  position: 0xa7,
  simpleBlock: 0xa3,
} as const;

const AUDIO_TRACK_TYPE = 2;
const KEYFRAME = 0x80;
const TRACK_NUMBER = 1;

/** A fixed id: the producer SDK writes the same one into every fragment. */
const SEGMENT_UID = Buffer.from("67c6697351ff4aec29cdbaabf2fbe346", "hex");

export interface ClusterBlock {
  /** Milliseconds after the cluster's timecode, -32768 to 32767. */
  offsetMs: number;
  data: Uint8Array;
}

/**
 * A fragment up to its tags: EBML header, Segment of unknown size, Info, Tracks. What a Kinesis Video producer for
 * telephone
 * audio writes: codec A_AAC and no Audio element, though the payload is raw PCM.
 */
export function documentStart(): Buffer {
  return Buffer.concat([
    element(
      Id.ebml,
      uintElement(Id.ebmlVersion, 1),
      uintElement(Id.ebmlReadVersion, 1),
      uintElement(Id.ebmlMaxIdLength, 4),
      uintElement(Id.ebmlMaxSizeLength, 8),
      stringElement(Id.docType, "matroska"),
      uintElement(Id.docTypeVersion, 2),
      uintElement(Id.docTypeReadVersion, 2),
    ),
    openElement(Id.segment),
    element(
      Id.info,
      element(Id.segmentUid, SEGMENT_UID),
      uintElement(Id.timecodeScale, 1_000_000),
      stringElement(Id.title, "Kinesis Video SDK"),
      stringElement(Id.muxingApp, "Kinesis Video SDK 1.1.0 JNI 2.0"),
      stringElement(Id.writingApp, "Kinesis Video SDK 1.1.0 JNI 2.0"),
    ),
    element(
      Id.tracks,
      element(
        Id.trackEntry,
        uintElement(Id.trackNumber, TRACK_NUMBER),
        uintElement(Id.trackUid, TRACK_NUMBER),
        uintElement(Id.trackType, AUDIO_TRACK_TYPE),
        stringElement(Id.trackName, "Track_audio/L16"),
        stringElement(Id.codecId, "A_AAC"),
        element(Id.codecPrivate, Buffer.from([0x11, 0x90])),
      ),
    ),
  ]);
}

/** The start of a chunk that tells of an error: no tracks, no media. */
export function errorDocumentStart(): Buffer {
  return Buffer.concat([element(Id.ebml, stringElement(Id.docType, "matroska")), openElement(Id.segment)]);
}

/** One Tags element with one Tag that holds all these names and values. */
export function tagsElement(tags: Iterable<readonly [name: string, value: string]>): Buffer {
  const simpleTags = [...tags].map(([name, value]) =>
    element(Id.simpleTag, stringElement(Id.tagName, name), stringElement(Id.tagString, value)),
  );
  return element(Id.tags, element(Id.tag, ...simpleTags));
}

/** A Cluster of unknown size: absolute timecode (milliseconds since the epoch), Position 0, SimpleBlocks. */
export function clusterElement(timecodeMs: number, blocks: readonly ClusterBlock[]): Buffer {
  return Buffer.concat([
    openElement(Id.cluster),
    uintElement(Id.timecode, timecodeMs),
    uintElement(Id.position, 0),
    ...blocks.map(({ offsetMs, data }) => {
      const header = Buffer.from([0x80 | TRACK_NUMBER, 0, 0, KEYFRAME]);
      header.writeInt16BE(offsetMs, 1);
      return element(Id.simpleBlock, header, data);
    }),
  ]);
}

/** Where the blocks of a cluster end that {@link clusterElement} made, counted from its first byte. */
export function blockEnds(cluster: Buffer): number[] {
  const ends: number[] = [];
  // All that is in such a cluster has an id of one byte.
  for (let at = openElement(Id.cluster).length; at < cluster.length; ) {
    const id = cluster[at]!;
    const sizeOctets = Math.clz32(cluster[at + 1]!) - 23;
    let size = cluster[at + 1]! & (0xff >> sizeOctets);
    for (let i = 1; i < sizeOctets; i++) size = size * 256 + cluster[at + 1 + i]!;
    at += 1 + sizeOctets + size;
    if (id === Id.simpleBlock) ends.push(at);
  }
  return ends;
}
