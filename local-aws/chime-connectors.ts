import type { Account } from "./accounts.js";
import type { ChimeContext, ChimeRoute } from "./chime-route.js";
import { badRequest, requiredBoolean, requiredName, streamingConfiguration, tagList } from "./chime-validation.js";
import { AwsError } from "./exchange.js";
import { type JsonObject, jsonBody } from "./json-body.js";
import { pageOf } from "./page.js";
import { ensureVoiceConnectorRole } from "./service-linked-role.js";
import { type VoiceConnector, voiceConnectorRegions } from "./voice-connector.js";
import type { World } from "./world.js";

const CONNECTOR = /^\/voice-connectors\/([^/]+)$/;
const STREAMING = /^\/voice-connectors\/([^/]+)\/streaming-configuration$/;
const LOGGING = /^\/voice-connectors\/([^/]+)\/logging-configuration$/;

/** Voice connectors with their streaming and logging configurations. A connector is seen in its own region only. */
export function chimeConnectorRoutes(world: World): ChimeRoute[] {
  return [
    {
      name: "CreateVoiceConnector",
      method: "POST",
      path: /^\/voice-connectors$/,
      status: 201,
      run: (c) => create(world, c),
    },
    { name: "ListVoiceConnectors", method: "GET", path: /^\/voice-connectors$/, run: list },
    { name: "GetVoiceConnector", method: "GET", path: CONNECTOR, run: (c) => ({ VoiceConnector: wireForm(find(c)) }) },
    { name: "UpdateVoiceConnector", method: "PUT", path: CONNECTOR, run: (c) => update(world, c) },
    { name: "DeleteVoiceConnector", method: "DELETE", path: CONNECTOR, run: remove },
    {
      name: "PutVoiceConnectorStreamingConfiguration",
      method: "PUT",
      path: STREAMING,
      run: (c) => putStreaming(world, c),
    },
    {
      name: "GetVoiceConnectorStreamingConfiguration",
      method: "GET",
      path: STREAMING,
      run: (c) => getStreaming(world, c),
    },
    { name: "DeleteVoiceConnectorStreamingConfiguration", method: "DELETE", path: STREAMING, run: deleteStreaming },
    { name: "PutVoiceConnectorLoggingConfiguration", method: "PUT", path: LOGGING, run: putLogging },
    { name: "GetVoiceConnectorLoggingConfiguration", method: "GET", path: LOGGING, run: getLogging },
  ];
}

function bodyOf(context: ChimeContext): JsonObject {
  return jsonBody(context.request, "BadRequestException");
}

function notFound(message: string): AwsError {
  return new AwsError("NotFoundException", 404, message);
}

function find({ region, id }: ChimeContext): VoiceConnector {
  const connector = region.connectors.get(id);
  if (!connector) throw notFound(`Voice Connector ${id} does not exist in ${region.name}.`);
  return connector;
}

function wireForm(connector: VoiceConnector): object {
  return {
    VoiceConnectorId: connector.id,
    AwsRegion: connector.region,
    Name: connector.name,
    OutboundHostName: `${connector.id}.voiceconnector.chime.aws`,
    RequireEncryption: connector.requireEncryption,
    CreatedTimestamp: new Date(connector.createdMs).toISOString(),
    UpdatedTimestamp: new Date(connector.updatedMs).toISOString(),
    VoiceConnectorArn: connector.arn,
    IntegrationType: connector.integrationType,
    NetworkType: connector.networkType,
  };
}

function create(world: World, context: ChimeContext): object {
  const body = bodyOf(context);
  const name = requiredName(body.Name);
  const requireEncryption = requiredBoolean(body.RequireEncryption, "RequireEncryption");
  const tags = tagList(body.Tags);
  // Where AwsRegion differs from the endpoint's region the connector is made there (inferred: the API only says that
  // the connector is created in AwsRegion). Without AwsRegion it is made where the request went.
  const regionName = body.AwsRegion ?? context.region.name;
  if (typeof regionName !== "string" || !voiceConnectorRegions.includes(regionName)) {
    throw badRequest(`AwsRegion must be one of ${voiceConnectorRegions.join(", ")}.`);
  }
  const connector = addVoiceConnector(world, context.request.caller.account, {
    region: regionName,
    name,
    requireEncryption,
    integrationType: typeof body.IntegrationType === "string" ? body.IntegrationType : undefined,
    networkType: typeof body.NetworkType === "string" ? body.NetworkType : "IPV4_ONLY",
    tags,
  });
  return { VoiceConnector: wireForm(connector) };
}

export interface NewVoiceConnector {
  region: string;
  name: string;
  requireEncryption: boolean;
  integrationType?: string;
  networkType: string;
  tags: readonly (readonly [key: string, value: string])[];
}

/** Makes a connector that was already checked. */
export function addVoiceConnector(world: World, account: Account, wanted: NewVoiceConnector): VoiceConnector {
  const { tags, ...rest } = wanted;
  const id = world.identifiers.token(22);
  const nowMs = world.clock.nowMs();
  const arn = `arn:aws:chime:${wanted.region}:${account.id}:vc/${id}`;
  const connector: VoiceConnector = { id, arn, createdMs: nowMs, updatedMs: nowMs, ...rest };
  const region = account.region(wanted.region);
  region.connectors.set(id, connector);
  if (tags.length > 0) region.chimeTags.set(arn, new Map(tags));
  return connector;
}

function list({ request, region }: ChimeContext): object {
  const maxResults = Number(request.query.get("max-results") ?? 100);
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 100)
    throw badRequest("max-results must be 1 to 100.");
  const page = pageOf([...region.connectors.values()], request.query.get("next-token") ?? undefined, maxResults);
  if (!page) throw badRequest("next-token is not one that this list gave.");
  return { VoiceConnectors: page.items.map(wireForm), NextToken: page.nextToken };
}

function update(world: World, context: ChimeContext): object {
  const connector = find(context);
  const body = bodyOf(context);
  const name = requiredName(body.Name);
  connector.requireEncryption = requiredBoolean(body.RequireEncryption, "RequireEncryption");
  connector.name = name;
  connector.updatedMs = world.clock.nowMs();
  return { VoiceConnector: wireForm(connector) };
}

function remove(context: ChimeContext): undefined {
  const connector = find(context);
  for (const group of context.region.connectorGroups.values()) {
    if (group.items.some((item) => item.VoiceConnectorId === connector.id)) {
      throw new AwsError("ConflictException", 409, `Voice Connector ${connector.id} belongs to the group ${group.id}.`);
    }
  }
  context.region.connectors.delete(connector.id);
  context.region.chimeTags.delete(connector.arn);
}

function putStreaming(world: World, context: ChimeContext): object {
  const connector = find(context);
  const configuration = streamingConfiguration(bodyOf(context).StreamingConfiguration);
  connector.streaming = configuration;
  // https://docs.aws.amazon.com/chime-sdk/latest/ag/using-service-linked-roles-stream.html: made when streaming is started.
  if (!configuration.Disabled) ensureVoiceConnectorRole(world, context.request.caller.account.serviceLinkedRoles);
  return { StreamingConfiguration: configuration };
}

function getStreaming(world: World, context: ChimeContext): object {
  const { id, streaming } = find(context);
  if (streaming) return { StreamingConfiguration: streaming };
  // No source says what the service answers for a connector that was never configured. 404 is what asks more of a
  // client; the setting gives the other reading, an empty document.
  if (world.settings.current.missingStreamingConfiguration === "empty") return {};
  throw notFound(`Voice Connector ${id} has no streaming configuration.`);
}

function deleteStreaming(context: ChimeContext): undefined {
  const connector = find(context);
  // As for Get, no source says what the service does. 404 asks more of clients, which must take it for "is gone".
  if (!connector.streaming) throw notFound(`Voice Connector ${connector.id} has no streaming configuration.`);
  connector.streaming = undefined;
}

function putLogging(context: ChimeContext): object {
  const connector = find(context);
  const value = bodyOf(context).LoggingConfiguration as { EnableSIPLogs?: unknown; EnableMediaMetricLogs?: unknown };
  if (typeof value !== "object" || value === null) throw badRequest("LoggingConfiguration is required.");
  connector.logging = {
    EnableSIPLogs: value.EnableSIPLogs === true,
    EnableMediaMetricLogs: value.EnableMediaMetricLogs === true,
  };
  return { LoggingConfiguration: connector.logging };
}

function getLogging(context: ChimeContext): object {
  // Never put: both kinds of logs are off.
  return { LoggingConfiguration: find(context).logging ?? { EnableSIPLogs: false, EnableMediaMetricLogs: false } };
}
