import {
  DeleteVoiceConnectorStreamingConfigurationCommand,
  GetVoiceConnectorStreamingConfigurationCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import type { dynamic } from "@pulumi/pulumi";
import { AwsCallError } from "../../aws/call-error.js";
import { assertSameAccount } from "../account.js";
import type { AwsSession } from "../aws-clients.js";
import { UNKNOWN } from "../faults.js";
import {
  argumentNames,
  type ServiceHeld,
  type StreamingConfigurationInputs,
  streamingConfigurationFaults,
  withDefaults,
} from "./arguments.js";
import { comparable, describe, fromService, serviceHeldNames, toService } from "./service-shape.js";

/** What state holds: the inputs, and what create found. States of older versions may lack any of the optional ones. */
export interface StreamingConfigurationState extends StreamingConfigurationInputs {
  accountId?: string;
  previous?: ServiceHeld;
}

type Arguments = Record<string, unknown>;

/** A connector made a moment ago may not be known everywhere yet: its configuration is put again after these pauses. */
const NEW_CONNECTOR_PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Fills in the defaults and the region: the argument's, the one the resource has, the stack's, the environment's. A
 * connector never moves: a stack that is given another region, or deployed from another place, must not stop it streaming.
 */
export async function check(aws: AwsSession, olds: Arguments, news: Arguments): Promise<dynamic.CheckResult> {
  const failures = streamingConfigurationFaults(news);
  const scope = news as { profile?: string };
  const profile = typeof scope.profile === "string" && scope.profile !== UNKNOWN ? scope.profile : undefined;
  const isSameConnector = news.voiceConnectorId === olds?.voiceConnectorId || news.voiceConnectorId === UNKNOWN;
  const sticky = isSameConnector ? olds?.region : undefined;
  const region = news.region ?? sticky ?? aws.stackRegion ?? (await aws.chainRegion({ profile }));
  if (region === undefined) {
    failures.push({
      property: "region",
      reason: "is not known: set the argument, the stack configuration aws:region, or AWS_REGION",
    });
  } else if (news.region === undefined) {
    failures.push(
      ...streamingConfigurationFaults({ ...news, region })
        .filter(({ property }) => property === "region")
        .map(({ property, reason }) => ({
          property,
          reason: `${reason} (found in the stack configuration or the environment)`,
        })),
    );
  }
  return { inputs: withDefaults(news, region), failures };
}

export function diff(_id: string, olds: Arguments, news: Arguments): dynamic.DiffResult {
  const changed = argumentNames.filter((name) => comparable(name, olds[name]) !== comparable(name, news[name]));
  const replaces = changed.filter((name) => name === "voiceConnectorId" || name === "region");
  return { changes: changed.length > 0, replaces, deleteBeforeReplace: true };
}

export async function create(aws: AwsSession, inputs: StreamingConfigurationInputs): Promise<dynamic.CreateResult> {
  const accountId = await aws.accountId(inputs);
  const previous = await get(aws, inputs);
  // One that holds what is asked for loses nothing; it may be what a create left that was cut off before it was recorded.
  if (previous && inputs.onExisting === "fail" && !holdSame(previous, inputs)) {
    throw new Error(
      `Voice Connector ${inputs.voiceConnectorId} in ${inputs.region} has a streaming configuration already ` +
        `(${describe(previous)}) and onExisting is "fail". Remove it, or set onExisting to "adopt".`,
    );
  }
  await put(aws, inputs, inputs, previous ? [] : NEW_CONNECTOR_PAUSES_MS);
  return {
    id: `${inputs.region}/${inputs.voiceConnectorId}`,
    outs: { ...inputs, accountId, previous },
  };
}

/** What Chime holds now, as outputs and as inputs, so that a refresh names each property that was changed elsewhere. */
export async function read(
  aws: AwsSession,
  id: string,
  props: StreamingConfigurationState,
): Promise<dynamic.ReadResult> {
  await assertSameAccount(aws, props, `the streaming configuration of Voice Connector ${props.voiceConnectorId}`);
  const held = await get(aws, props);
  if (!held) return { id: "", props: undefined };
  const now = { ...props, mediaInsights: undefined, ...held };
  const inputs = Object.fromEntries(argumentNames.map((name) => [name, now[name]]));
  return { id, props: now, inputs };
}

export async function update(
  aws: AwsSession,
  _id: string,
  olds: StreamingConfigurationState,
  news: StreamingConfigurationInputs,
): Promise<dynamic.UpdateResult> {
  await assertSameAccount(aws, { ...news, accountId: olds.accountId }, `Voice Connector ${news.voiceConnectorId}`);
  if (!holdSame(olds, news)) await put(aws, news, news, []);
  const accountId = olds.accountId ?? (await aws.accountId(news));
  return { outs: { ...news, accountId, previous: olds.previous } };
}

export async function remove(aws: AwsSession, _id: string, props: StreamingConfigurationState): Promise<void> {
  if (props.onDelete === "retain") return;
  await assertSameAccount(aws, props, `the streaming configuration of Voice Connector ${props.voiceConnectorId}`);
  try {
    if (props.onDelete === "restore" && props.previous) await put(aws, props, props.previous, []);
    else {
      await aws
        .chime(props.region, props)
        .send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: props.voiceConnectorId }));
    }
  } catch (error) {
    // The configuration, or the connector with it, is gone already: what was asked for.
    if (!isNotFound(error)) throw error;
  }
}

async function get(aws: AwsSession, of: StreamingConfigurationInputs): Promise<ServiceHeld | undefined> {
  try {
    const { StreamingConfiguration } = await aws
      .chime(of.region, of)
      .send(new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: of.voiceConnectorId }));
    // Some answers to "none" are an empty document instead of NotFoundException.
    return StreamingConfiguration?.DataRetentionInHours === undefined ? undefined : fromService(StreamingConfiguration);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function put(
  aws: AwsSession,
  of: StreamingConfigurationInputs,
  held: ServiceHeld,
  pausesMs: readonly number[],
): Promise<void> {
  const command = new PutVoiceConnectorStreamingConfigurationCommand({
    VoiceConnectorId: of.voiceConnectorId,
    StreamingConfiguration: toService(held),
  });
  try {
    await aws.chime(of.region, of).send(command);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const [pauseMs, ...rest] = pausesMs;
    if (pauseMs === undefined) {
      const where = `${of.region} of AWS account ${await aws.accountId(of)}`;
      const message = `There is no Voice Connector ${of.voiceConnectorId} in ${where}. ${(error as Error).message}`;
      throw new Error(message, { cause: error });
    }
    await aws.sleep(pauseMs);
    await put(aws, of, held, rest);
  }
}

const holdSame = (one: ServiceHeld, other: ServiceHeld): boolean =>
  serviceHeldNames.every((name) => comparable(name, one[name]) === comparable(name, other[name]));

const isNotFound = (error: unknown): boolean => error instanceof AwsCallError && error.kind === "notFound";
