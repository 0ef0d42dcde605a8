import type { ChimeContext, ChimeRoute } from "./chime-route.js";
import { badRequest, requiredName } from "./chime-validation.js";
import { AwsError } from "./exchange.js";
import { jsonBody } from "./json-body.js";
import { pageOf } from "./page.js";
import type { VoiceConnectorGroup } from "./voice-connector.js";
import type { World } from "./world.js";

const GROUPS = /^\/voice-connector-groups$/;
const GROUP = /^\/voice-connector-groups\/([^/]+)$/;

/** Voice connector groups: connectors of several regions that stand in for one another. */
export function chimeConnectorGroupRoutes(world: World): ChimeRoute[] {
  return [
    { name: "CreateVoiceConnectorGroup", method: "POST", path: GROUPS, status: 201, run: (c) => create(world, c) },
    { name: "ListVoiceConnectorGroups", method: "GET", path: GROUPS, run: list },
    {
      name: "GetVoiceConnectorGroup",
      method: "GET",
      path: GROUP,
      run: (c) => ({ VoiceConnectorGroup: wireForm(find(c)) }),
    },
    { name: "UpdateVoiceConnectorGroup", method: "PUT", path: GROUP, status: 202, run: (c) => update(world, c) },
    { name: "DeleteVoiceConnectorGroup", method: "DELETE", path: GROUP, run: remove },
  ];
}

function find({ region, id }: ChimeContext): VoiceConnectorGroup {
  const group = region.connectorGroups.get(id);
  if (!group)
    throw new AwsError("NotFoundException", 404, `Voice Connector group ${id} does not exist in ${region.name}.`);
  return group;
}

function wireForm(group: VoiceConnectorGroup): object {
  return {
    VoiceConnectorGroupId: group.id,
    Name: group.name,
    VoiceConnectorItems: group.items,
    CreatedTimestamp: new Date(group.createdMs).toISOString(),
    UpdatedTimestamp: new Date(group.updatedMs).toISOString(),
    VoiceConnectorGroupArn: group.arn,
  };
}

function itemList(context: ChimeContext, value: unknown): VoiceConnectorGroup["items"] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badRequest("VoiceConnectorItems must be a list.");
  return value.map((item) => {
    const { VoiceConnectorId: id, Priority: priority } = item ?? {};
    if (typeof id !== "string" || !Number.isInteger(priority) || priority < 1 || priority > 99) {
      throw badRequest("An item needs a VoiceConnectorId and a Priority of 1 to 99.");
    }
    const regions = context.request.caller.account.listRegions();
    if (!regions.some((region) => region.connectors.has(id))) {
      throw new AwsError("NotFoundException", 404, `Voice Connector ${id} does not exist.`);
    }
    return { VoiceConnectorId: id, Priority: priority };
  });
}

function create(world: World, context: ChimeContext): object {
  const body = jsonBody(context.request, "BadRequestException");
  const nowMs = world.clock.nowMs();
  const id = world.identifiers.token(22);
  const group: VoiceConnectorGroup = {
    id,
    arn: `arn:aws:chime:${context.region.name}:${context.request.caller.account.id}:vcg/${id}`,
    name: requiredName(body.Name),
    items: itemList(context, body.VoiceConnectorItems),
    createdMs: nowMs,
    updatedMs: nowMs,
  };
  context.region.connectorGroups.set(id, group);
  return { VoiceConnectorGroup: wireForm(group) };
}

function list({ request, region }: ChimeContext): object {
  const maxResults = Number(request.query.get("max-results") ?? 100);
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 100)
    throw badRequest("max-results must be 1 to 100.");
  const page = pageOf([...region.connectorGroups.values()], request.query.get("next-token") ?? undefined, maxResults);
  if (!page) throw badRequest("next-token is not one that this list gave.");
  return { VoiceConnectorGroups: page.items.map(wireForm), NextToken: page.nextToken };
}

function update(world: World, context: ChimeContext): object {
  const group = find(context);
  const body = jsonBody(context.request, "BadRequestException");
  const name = requiredName(body.Name);
  if (body.VoiceConnectorItems === undefined) throw badRequest("VoiceConnectorItems is required.");
  group.items = itemList(context, body.VoiceConnectorItems);
  group.name = name;
  group.updatedMs = world.clock.nowMs();
  return { VoiceConnectorGroup: wireForm(group) };
}

function remove(context: ChimeContext): undefined {
  const group = find(context);
  if (group.items.length > 0) {
    throw new AwsError("ConflictException", 409, `Voice Connector group ${group.id} still has Voice Connectors.`);
  }
  context.region.connectorGroups.delete(group.id);
}
