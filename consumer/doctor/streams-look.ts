import { ListStreamsCommand, type StreamInfo } from "@aws-sdk/client-kinesis-video";
import { ListFragmentsCommand } from "@aws-sdk/client-kinesis-video-archived-media";
import { streamNamePrefix } from "../../aws/voice-connector.js";
import { parseStreamArn, type StreamArn } from "../events/stream-arn.js";
import { Gate } from "../gate.js";
import type { ConnectorFacts, StreamsFacts } from "./diagnosis.js";
import type { Examination } from "./examination.js";

const ALL_STREAMS = "ChimeVoiceConnector-";
const PAGE_SIZE = 1_000;
const MOST_PAGES = 5;
/** Of a connector; of a region. Each takes two calls and more. */
const MOST_ASKED = 4;
const MOST_ASKED_IN_REGION = 40;
const ASKED_AT_A_TIME = 4;
const FRAGMENTS_PAGE = 1_000;
/** To the newest fragment: the first one looks at the last minutes alone. */
const MOST_LISTINGS = 4;
const LAST_MINUTES_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

/** The streams of a region's connectors, as their `streams`. */
export async function lookAtStreams(exam: Examination, region: string, connectors: ConnectorFacts[]): Promise<void> {
  if (connectors.length === 0) return;
  const listed = await listStreams(exam, region);
  if (!listed) return;
  let left = MOST_ASKED_IN_REGION;
  const gate = new Gate(ASKED_AT_A_TIME);
  await Promise.all(
    connectors.map(async (connector) => {
      const prefix = streamNamePrefix(connector.voiceConnectorId);
      const streams = listed.filter(({ StreamName }) => StreamName?.startsWith(prefix));
      const facts = retentionFacts(streams, connector.dataRetentionInHours);
      connector.streams = facts;
      if (connector.streaming !== "on") return;
      const asked = newestFirst(streams.filter(keepsMedia)).slice(0, Math.min(MOST_ASKED, left));
      left -= asked.length;
      const times = await Promise.all(asked.map((stream) => newestFragmentMs(exam, gate, stream)));
      const known = times.filter((time) => time !== undefined);
      facts.asked = known.length;
      const newestMs = Math.max(...known);
      if (newestMs > 0) facts.newestFragmentAt = new Date(newestMs).toISOString();
    }),
  );
}

const keepsMedia = ({ DataRetentionInHours: hours = 0 }: StreamInfo): boolean => hours > 0;

/** What was made last was needed last. */
function newestFirst(streams: StreamInfo[]): StreamInfo[] {
  const madeMs = ({ CreationTime }: StreamInfo) => CreationTime?.getTime() ?? 0;
  return [...streams].sort((a, b) => madeMs(b) - madeMs(a));
}

function retentionFacts(streams: readonly StreamInfo[], hours: number | undefined): StreamsFacts {
  const kept = streams.map(({ DataRetentionInHours = 0 }) => DataRetentionInHours);
  return {
    count: streams.length,
    otherRetention: hours === undefined ? 0 : kept.filter((each) => each !== hours).length,
    keepNothing: kept.filter((each) => each === 0).length,
    asked: 0,
  };
}

async function listStreams(exam: Examination, region: string): Promise<StreamInfo[] | undefined> {
  const client = exam.clients.kinesisVideo.control(region);
  const found: StreamInfo[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const command = new ListStreamsCommand({
      MaxResults: PAGE_SIZE,
      NextToken,
      StreamNameCondition: { ComparisonOperator: "BEGINS_WITH", ComparisonValue: ALL_STREAMS },
    });
    const answer = await exam.asking.look({ action: "kinesisvideo:ListStreams", region }, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
    if (!answer) return undefined;
    found.push(...(answer.StreamInfoList ?? []).filter(({ Status }) => Status !== "DELETING"));
    NextToken = answer.NextToken;
    if (!NextToken) return found;
  }
  exam.findings.add("DOCTOR_CUT_SHORT", region, `only the first ${found.length} streams were looked at`);
  return found;
}

/** @returns 0 where it has none; undefined where it cannot be asked */
async function newestFragmentMs(exam: Examination, gate: Gate, info: StreamInfo): Promise<number | undefined> {
  const stream = parseStreamArn(info.StreamARN ?? "");
  if (!stream) return undefined;
  const leave = await gate.enter();
  try {
    const oldestMs = exam.nowMs - (info.DataRetentionInHours ?? 0) * HOUR_MS;
    let fromMs = Math.max(oldestMs, exam.nowMs - LAST_MINUTES_MS);
    let newestMs = 0;
    // Pages are in no order: what is newer than the newest of a full page is asked for until a page is not full.
    for (let listing = 0; listing < MOST_LISTINGS; listing++) {
      const page = await listFragments(exam, stream, fromMs);
      if (!page) return newestMs || undefined;
      newestMs = Math.max(newestMs, ...page.timesMs);
      if (newestMs === 0 && fromMs > oldestMs) fromMs = oldestMs;
      else if (page.isWhole || newestMs <= fromMs) break;
      else fromMs = newestMs;
    }
    return newestMs;
  } finally {
    leave();
  }
}

async function listFragments(exam: Examination, stream: StreamArn, fromMs: number) {
  const { asking, clients, nowMs } = exam;
  const { region } = stream;
  const input = {
    StreamARN: stream.arn,
    MaxResults: FRAGMENTS_PAGE,
    FragmentSelector: {
      FragmentSelectorType: "SERVER_TIMESTAMP" as const,
      // Some fragments are younger than this look.
      TimestampRange: { StartTimestamp: new Date(fromMs), EndTimestamp: new Date(nowMs + HOUR_MS) },
    },
  };
  const endpointQuestion = { action: "kinesisvideo:GetDataEndpoint", region, input: { StreamARN: stream.arn } };
  const endpoint = await asking.look(endpointQuestion, (signal) =>
    clients.dataEndpoints.get(stream, "LIST_FRAGMENTS", signal),
  );
  if (!endpoint) return undefined;
  const answer = await asking.look({ action: "kinesisvideo:ListFragments", region, input }, (abortSignal) =>
    clients.kinesisVideo.archived(region, endpoint).send(new ListFragmentsCommand(input), { abortSignal }),
  );
  if (!answer) return undefined;
  const timesMs = (answer.Fragments ?? []).map(({ ServerTimestamp }) => ServerTimestamp?.getTime() ?? 0);
  return { timesMs, isWhole: !answer.NextToken };
}
