import { element } from "../../../local-aws/ebml-writer.js";
import { noise, plannedCall } from "../../streams/call.js";
import { type ElementStyle, restyled } from "../../streams/element-tree.js";
import {
  type BlockPlan,
  documents,
  ebmlHeader,
  type FragmentPlan,
  type Layout,
  oneDocument,
  tagsElement,
} from "../../streams/matroska-stream.js";
import type { StreamCase } from "./stream-case.js";

const call = plannedCall({ transactionId: "call-one", fragments: 3, blocksPerFragment: 4 });
const sizes = ["unknown", "known"] as const;
const layouts: Layout[] = sizes.flatMap((segmentSize) => sizes.map((clusterSize) => ({ segmentSize, clusterSize })));

function written(plans: FragmentPlan[], layout: Layout): [per: string, bytes: Buffer][] {
  return [
    ["a document a fragment", Buffer.concat(documents(plans, layout))],
    ["one document of many clusters", oneDocument(plans, layout)],
  ];
}

function describeLayout({ segmentSize = "unknown", clusterSize = "unknown" }: Layout): string {
  return `segment ${segmentSize}, cluster ${clusterSize}`;
}

/** As a producer writes it to a file: no word of Kinesis, time in the clusters. */
function withoutKinesis(plans: FragmentPlan[]): FragmentPlan[] {
  return plans.map(({ timecodeMs, blocks, tagsBefore }) => ({ timecodeMs, blocks, tagsBefore }));
}

/** The same blocks in another form. */
function formed(form: BlockPlan["form"]): FragmentPlan[] {
  return call.fragments.map((plan) => ({ ...plan, blocks: plan.blocks.map((block) => ({ ...block, form })) }));
}

/** Zeros that make a size longer are the same in all elements. */
const styles: [name: string, style: ElementStyle][] = [
  ["every size 8 octets long", { sizeOctets: 8 }],
  ["every size 2 octets long", { sizeOctets: 2 }],
  ["unknown sizes of one octet, as KVS producers write them", { unknownSizeOctets: 1 }],
  ["a CRC-32 first in each master element", { checksums: true }],
  ["a CRC-32 first in each master element, every size 8 octets long", { checksums: true, sizeOctets: 8 }],
];

/** Audio that holds everything that begins an element, whole documents among it, at even and odd places. */
function misleadingAudio(): Buffer {
  const document = documents(plannedCall({ transactionId: "call-two", fragments: 1, seed: 9 }).fragments)[0]!;
  const ids = ["1a45dfa3", "18538067", "1f43b675", "1654ae6b", "1254c367", "a3", "a0", "e7"];
  const beginnings = ids.flatMap((id) => [Buffer.from(`${id}80`, "hex"), Buffer.from(`${id}01ffffffffffffff`, "hex")]);
  const all = Buffer.concat([
    ebmlHeader(),
    document,
    Buffer.of(0),
    document,
    tagsElement({ TransactionId: "call-two" }),
    ...beginnings,
  ]);
  // Whole milliseconds, for timecodes are.
  return Buffer.concat([all, Buffer.alloc(16 - (all.length % 16))]);
}

function misleadingCase(form: BlockPlan["form"]): FragmentPlan[] {
  const data = misleadingAudio();
  const blockMs = data.length / 16;
  const startMs = 1_700_000_000_000;
  return [0, 1, 2].map((index) => ({
    number: String(index + 1),
    timecodeMs: startMs + 2 * index * blockMs,
    producerMs: startMs + 2 * index * blockMs,
    continuationToken: String(index + 1),
    tagsAfter: { TransactionId: "call-one" },
    blocks: [0, 1].map((block) => ({ form, relativeMs: block * blockMs, data })),
  }));
}

/** What only files have: an index, chapters, and attachments, passed over. */
function withIndexes(): Buffer {
  const whole = oneDocument(withoutKinesis(call.fragments));
  const firstCluster = whole.indexOf(Buffer.from("1f43b675", "hex"));
  const seekHead = element(0x114d9b74, element(0x4dbb, element(0x53ab, Buffer.from("1f43b675", "hex"))));
  return Buffer.concat([
    whole.subarray(0, firstCluster),
    seekHead,
    whole.subarray(firstCluster),
    element(0x1c53bb6b, element(0xbb, element(0xb3, Buffer.of(0)))),
    element(0x1043a770, element(0x45b9, noise(20, 1))),
    element(0x1941a469, element(0x61a7, noise(200, 2))),
  ]);
}

export const layoutCases: StreamCase[] = [
  ...layouts.flatMap((layout) =>
    written(call.fragments, layout).map(([per, stream]) => ({
      name: `${per}, ${describeLayout(layout)}`,
      stream,
      pcm: call.pcm,
    })),
  ),
  ...layouts.map((layout) => ({
    name: `one document as a producer writes it, ${describeLayout(layout)}`,
    stream: oneDocument(withoutKinesis(call.fragments), layout),
    selection: { transactionId: "call-one" },
    pcm: call.pcm,
  })),
  ...styles.flatMap(([name, style]) =>
    layouts.flatMap((layout) =>
      written(call.fragments, layout).map(([per, stream]) => ({
        name: `${name}; ${per}, ${describeLayout(layout)}`,
        stream: restyled(stream, style),
        pcm: call.pcm,
      })),
    ),
  ),
  ...styles.flatMap(([name, style]) =>
    written(formed("group"), { clutter: true }).map(([per, stream]) => ({
      name: `BlockGroups among Void, CRC-32 and unknown elements, ${name}; ${per}`,
      stream: restyled(stream, style),
      pcm: call.pcm,
    })),
  ),
  ...layouts.flatMap((layout) =>
    written(call.fragments, { ...layout, clutter: true }).map(([per, stream]) => ({
      name: `Void, CRC-32 and unknown elements wherever they may be; ${per}, ${describeLayout(layout)}`,
      stream,
      pcm: call.pcm,
    })),
  ),
  ...(["group", "xiph", "ebml", "fixed"] as const).flatMap((form) =>
    written(formed(form), {}).map(([per, stream]) => ({
      name: `${form === "group" ? "BlockGroups" : `blocks with ${form} lacing`}; ${per}`,
      stream,
      pcm: call.pcm,
    })),
  ),
  ...(["simple", "group"] as const).flatMap((form) =>
    sizes.flatMap((clusterSize) =>
      written(misleadingCase(form), { clusterSize }).map(([per, stream]) => ({
        name: `headers, tags and documents inside audio, ${form} blocks; ${per}, cluster ${clusterSize}`,
        stream,
        selection: { transactionId: "call-one" },
        pcm: Buffer.concat(Array(6).fill(misleadingAudio())),
      })),
    ),
  ),
  {
    name: "names, codec ids, tags' names and values padded with NULs",
    stream: Buffer.concat(
      documents(
        call.fragments.map((plan) => ({
          ...plan,
          tracks: [{ number: 1, name: "CALLER", codecId: "A_AAC", padTo: 32 }],
          tagsBefore: undefined,
          tagsAfter: { "TransactionId\0\0\0": "call-one".padEnd(32, "\0"), VoiceConnectorId: "vc-one\0" },
        })),
      ),
    ),
    selection: { transactionId: "call-one", voiceConnectorId: "vc-one", track: "CALLER" },
    pcm: call.pcm,
  },
  { name: "an index, chapters and attachments as files have them", stream: withIndexes(), pcm: call.pcm, exitCode: 0 },
  {
    name: "timestamps in the spelling of GetMediaForFragmentList, and no token",
    stream: Buffer.concat(
      documents(
        call.fragments.map((plan) => ({ ...plan, continuationToken: undefined, millisBehindNow: undefined })),
        { timestampSpelling: "side" },
      ),
    ),
    pcm: call.pcm,
  },
  {
    name: "timecodes in a scale of their own",
    stream: oneDocument(withoutKinesis(call.fragments), { timecodeScaleNs: 125_000 }),
    pcm: call.pcm,
  },
];
