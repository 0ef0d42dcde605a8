import {
  GetVoiceConnectorStreamingConfigurationCommand,
  ListSipMediaApplicationsCommand,
  ListVoiceConnectorsCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { AwsCallError } from "../../aws/call-error.js";
import { allowStatement } from "../../aws/policy-hint.js";
import { voiceConnectorRegions } from "../../aws/voice-connector.js";
import type { AwsSession } from "../aws-clients.js";
import type { AccountScope } from "../credentials.js";

/** A look at all that may use the role of an account. */
export interface RoleUsage {
  /** `<region>/<voiceConnectorId>` of every connector that has a streaming configuration. */
  streaming: string[];
  /** `<region>/<sipMediaApplicationId>` of every SIP media application: they speak with the same role. */
  applications: string[];
  /** What could not be looked at, by reason: whether anything streams there is not known. */
  unknown: { regions: string[]; reason: string }[];
}

const PAGE_SIZE = 99;
const MOST_PAGES = 1_000;

/** Looks in all regions at once, in each at one connector after the other: the API throttles by region. */
export async function findRoleUsage(aws: AwsSession, scope: AccountScope): Promise<RoleUsage> {
  const streaming: string[] = [];
  const applications: string[] = [];
  const unknown = new Map<string, string[]>();
  await Promise.all(
    voiceConnectorRegions.map(async (region) => {
      const looks = [
        [streamingConnectors, streaming],
        [sipMediaApplications, applications],
      ] as const;
      for (const [look, found] of looks) {
        try {
          for await (const id of look(aws, region, scope)) found.push(`${region}/${id}`);
        } catch (error) {
          const reason = reasonOf(error);
          unknown.set(reason, [...(unknown.get(reason) ?? []), region]);
        }
      }
    }),
  );
  return {
    streaming: streaming.sort(),
    applications: applications.sort(),
    unknown: [...unknown].map(([reason, regions]) => ({ regions: regions.sort(), reason })),
  };
}

/** Lists know no resource; what is asked of each connector is allowed for all of them. */
const resourceOf = (action: string) => (/:List/.test(action) ? {} : { VoiceConnectorId: "*" });

/** Without region and request id, so that regions which fail alike are told together. */
function reasonOf(error: unknown): string {
  if (error instanceof AwsCallError && error.kind === "accessDenied") {
    return `allow the action ${error.action}: ${JSON.stringify(allowStatement({ action: error.action, input: resourceOf(error.action) }))}.`;
  }
  return (error as Error).message;
}

async function* streamingConnectors(aws: AwsSession, region: string, scope: AccountScope): AsyncGenerator<string> {
  const chime = aws.chime(region, scope);
  const connectors = allPages("ListVoiceConnectors", async (page) => {
    const { VoiceConnectors: items, NextToken } = await chime.send(new ListVoiceConnectorsCommand(page));
    return { items, NextToken };
  });
  for await (const { VoiceConnectorId: id } of connectors) if (id && (await isConfigured(chime, id))) yield id;
}

async function* sipMediaApplications(aws: AwsSession, region: string, scope: AccountScope): AsyncGenerator<string> {
  const chime = aws.chime(region, scope);
  const applications = allPages("ListSipMediaApplications", async (page) => {
    const { SipMediaApplications: items, NextToken } = await chime.send(new ListSipMediaApplicationsCommand(page));
    return { items, NextToken };
  });
  for await (const { SipMediaApplicationId: id } of applications) if (id) yield id;
}

interface Page {
  MaxResults: number;
  NextToken?: string;
}

async function* allPages<T>(
  name: string,
  ask: (page: Page) => Promise<{ items?: T[]; NextToken?: string }>,
): AsyncGenerator<T> {
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await ask({ MaxResults: PAGE_SIZE, NextToken });
    yield* answer.items ?? [];
    NextToken = answer.NextToken;
    if (!NextToken) return;
  }
  throw new Error(`${name} did not end after ${MOST_PAGES} pages.`);
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
