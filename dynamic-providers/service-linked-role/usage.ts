import {
  GetVoiceConnectorStreamingConfigurationCommand,
  ListVoiceConnectorsCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { AwsCallError } from "../../aws/call-error.js";
import type { AwsSession } from "../aws-clients.js";
import type { AccountScope } from "../credentials.js";
import { voiceConnectorRegions } from "../voice-connector.js";

/** A look at every Voice Connector of an account. */
export interface RoleUsage {
  /** `<region>/<voiceConnectorId>` of every connector that has a streaming configuration. */
  streaming: string[];
  /** What could not be looked at, by reason: whether anything streams there is not known. */
  unknown: { regions: string[]; reason: string }[];
}

const PAGE_SIZE = 99;
const MOST_PAGES = 1_000;

/** Looks in all regions at once, in each at one connector after the other: the API throttles by region. */
export async function findRoleUsage(aws: AwsSession, scope: AccountScope): Promise<RoleUsage> {
  const streaming: string[] = [];
  const unknown = new Map<string, string[]>();
  await Promise.all(
    voiceConnectorRegions.map(async (region) => {
      try {
        for await (const id of streamingConnectors(aws, region, scope)) streaming.push(`${region}/${id}`);
      } catch (error) {
        const reason = reasonOf(error);
        unknown.set(reason, [...(unknown.get(reason) ?? []), region]);
      }
    }),
  );
  return {
    streaming: streaming.sort(),
    unknown: [...unknown].map(([reason, regions]) => ({ regions: regions.sort(), reason })),
  };
}

/** Without region and request id, so that regions which fail alike are told together. */
function reasonOf(error: unknown): string {
  if (error instanceof AwsCallError && error.kind === "accessDenied") return `allow the action ${error.action}.`;
  return (error as Error).message;
}

async function* streamingConnectors(aws: AwsSession, region: string, scope: AccountScope): AsyncGenerator<string> {
  const chime = aws.chime(region, scope);
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await chime.send(new ListVoiceConnectorsCommand({ MaxResults: PAGE_SIZE, NextToken: nextToken }));
    for (const { VoiceConnectorId: id } of answer.VoiceConnectors ?? []) {
      if (id && (await isConfigured(chime, id))) yield id;
    }
    nextToken = answer.NextToken;
    if (!nextToken) return;
  }
  throw new Error(`ListVoiceConnectors did not end after ${MOST_PAGES} pages.`);
}

async function isConfigured(chime: ReturnType<AwsSession["chime"]>, id: string): Promise<boolean> {
  try {
    const answer = await chime.send(new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: id }));
    return answer.StreamingConfiguration?.DataRetentionInHours !== undefined;
  } catch (error) {
    // Not configured, or deleted since it was listed.
    if (error instanceof AwsCallError && error.kind === "notFound") return false;
    throw error;
  }
}
