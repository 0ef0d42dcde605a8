/** Element ids (RFC 8794, section 11; RFC 9559, section 5). */
export const ElementId = {
  EBML: 0x1a45dfa3,
  EBMLVersion: 0x4286,
  EBMLReadVersion: 0x42f7,
  EBMLMaxIDLength: 0x42f2,
  EBMLMaxSizeLength: 0x42f3,
  DocType: 0x4282,
  DocTypeVersion: 0x4287,
  DocTypeReadVersion: 0x4285,
  Void: 0xec,
  CRC32: 0xbf,
  Segment: 0x18538067,
  SeekHead: 0x114d9b74,
  Info: 0x1549a966,
  SegmentUID: 0x73a4,
  TimecodeScale: 0x2ad7b1,
  Duration: 0x4489,
  DateUTC: 0x4461,
  Title: 0x7ba9,
  MuxingApp: 0x4d80,
  WritingApp: 0x5741,
  Tracks: 0x1654ae6b,
  TrackEntry: 0xae,
  TrackNumber: 0xd7,
  TrackUID: 0x73c5,
  TrackType: 0x83,
  TrackName: 0x536e,
  CodecID: 0x86,
  CodecPrivate: 0x63a2,
  Audio: 0xe1,
  SamplingFrequency: 0xb5,
  Channels: 0x9f,
  BitDepth: 0x6264,
  ContentEncodings: 0x6d80,
  Cluster: 0x1f43b675,
  Timecode: 0xe7,
  Position: 0xa7,
  PrevSize: 0xab,
  SimpleBlock: 0xa3,
  EncryptedBlock: 0xaf,
  BlockGroup: 0xa0,
  BlockInGroup: 0xa1,
  BlockDuration: 0x9b,
  Cues: 0x1c53bb6b,
  Attachments: 0x1941a469,
  Chapters: 0x1043a770,
  Tags: 0x1254c367,
  Tag: 0x7373,
  Targets: 0x63c0,
  SimpleTag: 0x67c8,
  TagName: 0x45a3,
  TagLanguage: 0x447a,
  TagDefault: 0x4484,
  TagString: 0x4487,
} as const;

/** What the fragment parser does with an element it meets outside of a smaller one. */
export type ElementHandling =
  /** Its header marks a place; its children are met one by one. */
  | "marker"
  /** Waited for whole, then read. */
  | "read"
  /** Waited for whole, then passed over. */
  | "skip";

export interface ElementRule {
  name: string;
  handling: ElementHandling;
  /** May only be met inside a cluster. */
  inCluster: boolean;
  /** A size beyond it is refused before anything is buffered. Absent: the fragment's limit holds. */
  maxBytes?: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Elements of the levels that the fragment parser walks: document, segment, cluster. */
export const elementRules: ReadonlyMap<number, ElementRule> = new Map<number, ElementRule>([
  [ElementId.EBML, { name: "EBML", handling: "read", inCluster: false, maxBytes: 4 * KIB }],
  [ElementId.Segment, { name: "Segment", handling: "marker", inCluster: false }],
  [ElementId.Info, { name: "Info", handling: "read", inCluster: false, maxBytes: 64 * KIB }],
  [ElementId.Tracks, { name: "Tracks", handling: "read", inCluster: false, maxBytes: MIB }],
  [ElementId.Tags, { name: "Tags", handling: "read", inCluster: false, maxBytes: MIB }],
  [ElementId.Cluster, { name: "Cluster", handling: "marker", inCluster: false }],
  [ElementId.SeekHead, { name: "SeekHead", handling: "skip", inCluster: false, maxBytes: MIB }],
  [ElementId.Cues, { name: "Cues", handling: "skip", inCluster: false }],
  [ElementId.Attachments, { name: "Attachments", handling: "skip", inCluster: false }],
  [ElementId.Chapters, { name: "Chapters", handling: "skip", inCluster: false }],
  [ElementId.Timecode, { name: "Timecode", handling: "read", inCluster: true, maxBytes: 8 }],
  [ElementId.SimpleBlock, { name: "SimpleBlock", handling: "read", inCluster: true }],
  [ElementId.BlockGroup, { name: "BlockGroup", handling: "read", inCluster: true }],
  [ElementId.Position, { name: "Position", handling: "skip", inCluster: true, maxBytes: 8 }],
  [ElementId.PrevSize, { name: "PrevSize", handling: "skip", inCluster: true, maxBytes: 8 }],
]);

/** Void, CRC-32 and ids that the table does not name: passed over wherever they are, if nothing in them looks like media. */
export const unknownElementRule: ElementRule = {
  name: "an unknown element",
  handling: "skip",
  inCluster: false,
  maxBytes: MIB,
};

const passedOverIds: ReadonlySet<number> = new Set([ElementId.Void, ElementId.CRC32, ElementId.EncryptedBlock]);

/**
 * Ids of one octet are given out sparingly: in a cluster, one that is not known is rather a byte of audio.
 */
export function isPlausibleInCluster(id: number): boolean {
  return id > 0xff || passedOverIds.has(id);
}

/** Ids that belong inside elements that are read whole: met outside of them, they are what damage left of one. */
export const innerIds: ReadonlySet<number> = new Set(
  Object.values(ElementId).filter((id) => !elementRules.has(id) && !passedOverIds.has(id)),
);
