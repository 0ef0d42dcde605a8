import type { ChimeContext, ChimeRoute } from "./chime-route.js";
import { badRequest, requiredName, tagList } from "./chime-validation.js";
import { AwsError } from "./exchange.js";
import { jsonBody } from "./json-body.js";
import { pageOf } from "./page.js";
import { ensureVoiceConnectorRole } from "./service-linked-role.js";
import type { SipMediaApplication } from "./voice-connector.js";
import { voiceConnectorRegions } from "./voice-connector.js";
import type { World } from "./world.js";

const APPLICATION = /^\/sip-media-applications\/([^/]+)$/;
const LIST = /^\/sip-media-applications$/;

/**
 * SIP media applications, as far as their being there goes: they speak with the role that Voice Connectors stream with.
 * https://docs.aws.amazon.com/chime-sdk/latest/ag/using-service-linked-roles-stream.html
 */
export function chimeSipMediaApplicationRoutes(world: World): ChimeRoute[] {
  return [
    { name: "CreateSipMediaApplication", method: "POST", path: LIST, status: 201, run: (c) => create(world, c) },
    { name: "ListSipMediaApplications", method: "GET", path: LIST, run: list },
    {
      name: "GetSipMediaApplication",
      method: "GET",
      path: APPLICATION,
      run: (c) => ({ SipMediaApplication: wireForm(find(c)) }),
    },
    { name: "DeleteSipMediaApplication", method: "DELETE", path: APPLICATION, run: remove },
  ];
}

function find({ region, id }: ChimeContext): SipMediaApplication {
  const application = region.sipMediaApplications.get(id);
  if (!application) throw new AwsError("NotFoundException", 404, `SIP media application ${id} does not exist.`);
  return application;
}

function wireForm(application: SipMediaApplication): object {
  const created = new Date(application.createdMs).toISOString();
  return {
    SipMediaApplicationId: application.id,
    SipMediaApplicationArn: application.arn,
    AwsRegion: application.region,
    Name: application.name,
    Endpoints: [{ LambdaArn: application.lambdaArn }],
    CreatedTimestamp: created,
    UpdatedTimestamp: created,
  };
}

function create(world: World, { request, region }: ChimeContext): object {
  const body = jsonBody(request, "BadRequestException");
  const name = requiredName(body.Name);
  tagList(body.Tags);
  if (body.AwsRegion !== region.name || !voiceConnectorRegions.includes(region.name)) {
    throw badRequest(`AwsRegion is required and must be the endpoint's, ${region.name}.`);
  }
  const [endpoint] = Array.isArray(body.Endpoints) ? body.Endpoints : [];
  const lambdaArn = (endpoint as { LambdaArn?: unknown } | undefined)?.LambdaArn;
  if (typeof lambdaArn !== "string" || !lambdaArn.startsWith("arn:")) {
    throw badRequest("Endpoints must hold one endpoint with a LambdaArn.");
  }
  const { account } = request.caller;
  const id = world.identifiers.uuid();
  const application: SipMediaApplication = {
    id,
    arn: `arn:aws:chime:${region.name}:${account.id}:sma/${id}`,
    region: region.name,
    name,
    lambdaArn,
    createdMs: world.clock.nowMs(),
  };
  region.sipMediaApplications.set(id, application);
  ensureVoiceConnectorRole(world, account.serviceLinkedRoles);
  return { SipMediaApplication: wireForm(application) };
}

function list({ request, region }: ChimeContext): object {
  const maxResults = Number(request.query.get("max-results") ?? 100);
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 100) {
    throw badRequest("max-results must be 1 to 100.");
  }
  const page = pageOf(
    [...region.sipMediaApplications.values()],
    request.query.get("next-token") ?? undefined,
    maxResults,
  );
  if (!page) throw badRequest("next-token is not one that this list gave.");
  return { SipMediaApplications: page.items.map(wireForm), NextToken: page.nextToken };
}

function remove(context: ChimeContext): undefined {
  context.region.sipMediaApplications.delete(find(context).id);
}
