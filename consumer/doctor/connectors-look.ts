import {
  type ChimeSDKVoiceClient,
  GetVoiceConnectorStreamingConfigurationCommand,
  ListTagsForResourceCommand,
  ListVoiceConnectorsCommand,
  type StreamingConfiguration,
  type VoiceConnector,
} from "@aws-sdk/client-chime-sdk-voice";
import { nameTagKey, stackTagKey } from "../../aws/owner-tags.js";
import { Gate } from "../gate.js";
import type { ConnectorFacts } from "./diagnosis.js";
import type { Examination } from "./examination.js";

/** Of a region: what more there are is said, not looked at. */
const MOST_CONNECTORS = 100;
const PAGE_SIZE = 99;
/** Chime's quota is some ten calls a second in a region, and its own streaming lives on it. */
const CALLS_AT_A_TIME = 4;

/** @returns undefined where they cannot be listed */
export async function lookAtConnectors(
  exam: Examination,
  region: string,
): Promise<{ connectors: ConnectorFacts[]; error?: undefined } | { error: ListingError }> {
  const chime = exam.clients.chime(region);
  const found: VoiceConnector[] = [];
  let NextToken: string | undefined;
  do {
    const question = { action: "chime:ListVoiceConnectors", region };
    const command = new ListVoiceConnectorsCommand({ MaxResults: PAGE_SIZE, NextToken });
    const answer = await exam.asking.ask(question, (abortSignal) => chime.send(command, { abortSignal }));
    if (!answer.ok) {
      if (found.length === 0) return { error: { question, cause: answer.error } };
      exam.asking.report(question, answer.error);
      break;
    }
    found.push(...(answer.value.VoiceConnectors ?? []));
    NextToken = answer.value.NextToken;
  } while (NextToken && found.length <= MOST_CONNECTORS);
  if (found.length > MOST_CONNECTORS) {
    const what = `only the first ${MOST_CONNECTORS} Voice Connectors were looked at`;
    exam.findings.add("DOCTOR_CUT_SHORT", region, what);
  }
  const gate = new Gate(CALLS_AT_A_TIME);
  const looks = found.slice(0, MOST_CONNECTORS).flatMap((connector) => {
    const { VoiceConnectorId: voiceConnectorId, Name: name = "", VoiceConnectorArn: arn } = connector;
    if (!voiceConnectorId) return [];
    return [
      gate.enter().then(async (leave) => {
        try {
          return await lookAtConnector(exam, chime, { region, voiceConnectorId, name }, arn);
        } finally {
          leave();
        }
      }),
    ];
  });
  return { connectors: await Promise.all(looks) };
}

/** Why a region's connectors could not be listed. */
export interface ListingError {
  question: { action: string; region: string };
  cause: Parameters<Examination["asking"]["report"]>[1];
}

async function lookAtConnector(
  { asking }: Examination,
  chime: ChimeSDKVoiceClient,
  connector: { region: string; voiceConnectorId: string; name: string },
  arn: string | undefined,
): Promise<ConnectorFacts> {
  const { region, voiceConnectorId } = connector;
  const input = { VoiceConnectorId: voiceConnectorId };
  const question = { action: "chime:GetVoiceConnectorStreamingConfiguration", region, input };
  const [configured, owner] = await Promise.all([
    asking.ask(question, (abortSignal) =>
      chime.send(new GetVoiceConnectorStreamingConfigurationCommand(input), { abortSignal }),
    ),
    arn ? lookAtOwner(asking, chime, region, arn) : undefined,
  ]);
  const marked = { ...connector, ...(owner && { owner }) };
  if (configured.ok) return { ...marked, ...streamingFacts(configured.value.StreamingConfiguration) };
  if (configured.error.kind === "notFound") return { ...marked, streaming: "off" };
  asking.report(question, configured.error);
  return { ...marked, streaming: "unknown" };
}

/** Some answers to "none" are an empty document instead of NotFoundException. */
function streamingFacts(configuration: StreamingConfiguration | undefined) {
  const { DataRetentionInHours: hours, Disabled, StreamingNotificationTargets: targets } = configuration ?? {};
  if (hours === undefined) return { streaming: "off" as const };
  const { ConfigurationArn, Disabled: off = false } = configuration?.MediaInsightsConfiguration ?? {};
  return {
    streaming: Disabled ? ("disabled" as const) : ("on" as const),
    dataRetentionInHours: hours,
    notificationTargets: (targets ?? []).flatMap(({ NotificationTarget }) => NotificationTarget ?? []),
    ...(ConfigurationArn && { mediaInsights: { configurationArn: ConfigurationArn, disabled: off } }),
  };
}

async function lookAtOwner(
  asking: Examination["asking"],
  chime: ChimeSDKVoiceClient,
  region: string,
  ResourceARN: string,
): Promise<ConnectorFacts["owner"]> {
  const input = { ResourceARN };
  const found = await asking.look({ action: "chime:ListTagsForResource", region, input }, (abortSignal) =>
    chime.send(new ListTagsForResourceCommand(input), { abortSignal }),
  );
  const value = (key: string) => found?.Tags?.find(({ Key }) => Key === key)?.Value;
  const stack = value(stackTagKey);
  return stack ? { stack, name: value(nameTagKey) ?? "" } : undefined;
}
