import { element, floatElement, openElement, stringElement, uintElement } from "../../local-aws/ebml-writer.js";

/** A track as a test wants it written; `padTo` fills names with NULs up to that many bytes, as KVS producers do. */
export interface TrackPlan {
  number: number;
  type?: number;
  name?: string;
  codecId?: string;
  codecPrivate?: Uint8Array;
  samplingFrequencyHz?: number;
  channels?: number;
  bitDepth?: number;
  padTo?: number;
  contentEncodings?: boolean;
}

export interface BlockPlan {
  track?: number;
  relativeMs: number;
  data: Uint8Array;
  /** Default `simple`. */
  form?: "simple" | "group" | "xiph" | "ebml" | "fixed";
}

export interface FragmentPlan {
  number?: string;
  serverMs?: number;
  producerMs?: number;
  timecodeMs: number;
  tagsBefore?: Record<string, string>;
  tagsAfter?: Record<string, string>;
  blocks: BlockPlan[];
  tracks?: TrackPlan[];
  continuationToken?: string;
  millisBehindNow?: number;
}

export interface Layout {
  segmentSize?: "unknown" | "known";
  clusterSize?: "unknown" | "known";
  /** `document`: an EBML header a fragment. `cluster`: one document, the header written once. */
  per?: "document" | "cluster";
  /** `side` is the spelling of GetMediaForFragmentList's page. */
  timestampSpelling?: "plain" | "side";
  /** Whether tags of the producer share one Tags element or have one each, as Kinesis writes them. Default `each`. */
  tagElements?: "each" | "one";
  /** Void, CRC-32 and unknown elements in all the places where they may be. */
  clutter?: boolean;
  timecodeScaleNs?: number;
}

const defaultTracks: TrackPlan[] = [{ number: 1, name: "AUDIO_FROM_CUSTOMER", codecId: "A_AAC" }];

export function ebmlHeader(): Buffer {
  return element(
    0x1a45dfa3,
    uintElement(0x4286, 1),
    uintElement(0x42f7, 1),
    uintElement(0x42f2, 4),
    uintElement(0x42f3, 8),
    stringElement(0x4282, "matroska"),
    uintElement(0x4287, 2),
    uintElement(0x4285, 2),
  );
}

function padded(text: string, to = 0): string {
  return text.padEnd(to, "\0");
}

function tracksElement(tracks: TrackPlan[]): Buffer {
  return element(
    0x1654ae6b,
    ...tracks.map((track) =>
      element(
        0xae,
        uintElement(0xd7, track.number),
        uintElement(0x73c5, track.number),
        uintElement(0x83, track.type ?? 2),
        ...(track.name === undefined ? [] : [stringElement(0x536e, padded(track.name, track.padTo))]),
        ...(track.codecId === undefined ? [] : [stringElement(0x86, padded(track.codecId, track.padTo))]),
        ...(track.codecPrivate === undefined ? [] : [element(0x63a2, track.codecPrivate)]),
        ...(track.contentEncodings ? [element(0x6d80, element(0x6240))] : []),
        ...(track.samplingFrequencyHz === undefined && track.channels === undefined && track.bitDepth === undefined
          ? []
          : [
              element(
                0xe1,
                ...(track.samplingFrequencyHz === undefined ? [] : [floatElement(0xb5, track.samplingFrequencyHz)]),
                ...(track.channels === undefined ? [] : [uintElement(0x9f, track.channels)]),
                ...(track.bitDepth === undefined ? [] : [uintElement(0x6264, track.bitDepth)]),
              ),
            ]),
      ),
    ),
  );
}

export function tagsElement(tags: Record<string, string>): Buffer {
  return element(
    0x1254c367,
    element(
      0x7373,
      ...Object.entries(tags).map(([name, value]) =>
        element(0x67c8, stringElement(0x45a3, name), stringElement(0x4487, value)),
      ),
    ),
  );
}

function producerTags(layout: Layout, tags: Record<string, string> = {}): Buffer[] {
  if (layout.tagElements === "one") return Object.keys(tags).length > 0 ? [tagsElement(tags)] : [];
  return Object.entries(tags).map(([name, value]) => tagsElement({ [name]: value }));
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function leadingTags(plan: FragmentPlan, layout: Layout): Buffer[] {
  const side = layout.timestampSpelling === "side" ? "SIDE_" : "";
  const tags: Record<string, string> = {};
  if (plan.number !== undefined) tags.AWS_KINESISVIDEO_FRAGMENT_NUMBER = plan.number;
  if (plan.serverMs !== undefined) tags[`AWS_KINESISVIDEO_SERVER_${side}TIMESTAMP`] = seconds(plan.serverMs);
  if (plan.producerMs !== undefined) tags[`AWS_KINESISVIDEO_PRODUCER_${side}TIMESTAMP`] = seconds(plan.producerMs);
  return Object.keys(tags).length > 0 ? [tagsElement(tags)] : [];
}

function trailingTags(plan: FragmentPlan): Buffer[] {
  const tags: Record<string, string> = {};
  if (plan.millisBehindNow !== undefined) tags.AWS_KINESISVIDEO_MILLIS_BEHIND_NOW = String(plan.millisBehindNow);
  if (plan.continuationToken !== undefined) tags.AWS_KINESISVIDEO_CONTINUATION_TOKEN = plan.continuationToken;
  return Object.keys(tags).length > 0 ? [tagsElement(tags)] : [];
}

/** Three frames, the first a quarter and the second three eighths of the data. */
function laced(data: Uint8Array, form: "xiph" | "ebml" | "fixed"): [flags: number, content: Buffer] {
  if (form === "fixed") return [0x04, Buffer.concat([Buffer.from([3]), data])];
  const first = Math.floor(data.length / 4);
  const second = Math.floor((data.length * 3) / 8);
  if (form === "xiph") {
    const sizes: number[] = [];
    for (const size of [first, second]) {
      for (let rest = size; ; rest -= 255) {
        sizes.push(Math.min(rest, 255));
        if (rest < 255) break;
      }
    }
    return [0x02, Buffer.concat([Buffer.from([2, ...sizes]), data])];
  }
  const difference = second - first + 0x1fff;
  return [
    0x06,
    Buffer.concat([
      Buffer.from([2, 0x40 | (first >> 8), first & 0xff, 0x40 | (difference >> 8), difference & 0xff]),
      data,
    ]),
  ];
}

export function blockElement(plan: BlockPlan, timecodeScaleNs = 1_000_000): Buffer {
  const form = plan.form ?? "simple";
  const [lacing, content] = form === "simple" || form === "group" ? [0, plan.data] : laced(plan.data, form);
  const head = Buffer.alloc(4);
  head[0] = 0x80 | (plan.track ?? 1);
  head.writeInt16BE(Math.round((plan.relativeMs * 1_000_000) / timecodeScaleNs), 1);
  head[3] = (form === "group" ? 0 : 0x80) | lacing;
  if (form === "group") return element(0xa0, element(0xa1, head, content), uintElement(0x9b, 20));
  return element(0xa3, head, content);
}

const voidElement = element(0xec, Buffer.alloc(9));
const unknownElement = element(0x4dff, Buffer.from("of some later version"));
const checksum = element(0xbf, Buffer.from([1, 2, 3, 4]));

function clusterElement(plan: FragmentPlan, layout: Layout): Buffer {
  const scale = layout.timecodeScaleNs ?? 1_000_000;
  const clutter = layout.clutter ? [voidElement, unknownElement] : [];
  const children = [
    ...(layout.clutter ? [checksum] : []),
    uintElement(0xe7, Math.round((plan.timecodeMs * 1_000_000) / scale)),
    uintElement(0xa7, 0),
    ...plan.blocks.flatMap((block, index) => [...(index % 3 === 1 ? clutter : []), blockElement(block, scale)]),
  ];
  return layout.clusterSize === "known"
    ? element(0x1f43b675, ...children)
    : Buffer.concat([openElement(0x1f43b675), ...children]);
}

function segmentHead(tracks: TrackPlan[], layout: Layout): Buffer[] {
  const clutter = layout.clutter ? [voidElement, unknownElement] : [];
  const info = element(
    0x1549a966,
    ...(layout.clutter ? [checksum] : []),
    element(0x73a4, Buffer.alloc(16, 7)),
    uintElement(0x2ad7b1, layout.timecodeScaleNs ?? 1_000_000),
    stringElement(0x7ba9, padded("Kinesis Video SDK", 32)),
  );
  return [...clutter, info, ...clutter, tracksElement(tracks), ...clutter];
}

function segment(layout: Layout, children: Buffer[]): Buffer {
  return layout.segmentSize === "known"
    ? element(0x18538067, ...children)
    : Buffer.concat([openElement(0x18538067), ...children]);
}

/** The bytes of each fragment as GetMedia would send them: a document each. */
export function documents(plans: FragmentPlan[], layout: Layout = {}): Buffer[] {
  const clutter = layout.clutter ? [voidElement, unknownElement] : [];
  return plans.map((plan) =>
    Buffer.concat([
      ebmlHeader(),
      segment(layout, [
        ...segmentHead(plan.tracks ?? defaultTracks, layout),
        ...producerTags(layout, plan.tagsBefore),
        ...leadingTags(plan, layout),
        clusterElement(plan, layout),
        ...clutter,
        ...producerTags(layout, plan.tagsAfter),
        ...trailingTags(plan),
      ]),
    ]),
  );
}

/** Where each part begins when they are put one after the other, and where the last one ends. */
export function offsetsOf(parts: readonly Uint8Array[]): number[] {
  const offsets = [0];
  let end = 0;
  for (const { length } of parts) {
    end += length;
    offsets.push(end);
  }
  return offsets;
}

/** One document for all, as a producer writes it. */
export function oneDocument(plans: FragmentPlan[], layout: Layout = {}): Buffer {
  return Buffer.concat([
    ebmlHeader(),
    segment(layout, [
      ...segmentHead(plans[0]?.tracks ?? defaultTracks, layout),
      ...plans.flatMap((plan) => [
        ...producerTags(layout, plan.tagsBefore),
        ...leadingTags(plan, layout),
        clusterElement(plan, layout),
        ...producerTags(layout, plan.tagsAfter),
        ...trailingTags(plan),
      ]),
    ]),
  ]);
}

/** A chunk that tells of an error instead of media. */
export function errorDocument(tags: Record<string, string>): Buffer {
  return Buffer.concat([ebmlHeader(), openElement(0x18538067), tagsElement(tags)]);
}
