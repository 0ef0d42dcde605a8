import { chimeConnectorGroupRoutes } from "./chime-connector-groups.js";
import { chimeConnectorRoutes } from "./chime-connectors.js";
import type { ChimeRoute } from "./chime-route.js";
import { chimeSipMediaApplicationRoutes } from "./chime-sip-media-applications.js";
import { chimeTagRoutes, taggedResource } from "./chime-tags.js";
import { AwsError, type AwsReply, type AwsRequest, type AwsService, percentDecoded } from "./exchange.js";
import { jsonReply } from "./json-body.js";
import { chimeErrors, commonError } from "./service-errors.js";
import { voiceConnectorRegions } from "./voice-connector.js";
import type { World } from "./world.js";

/**
 * The Voice Connector part of the Chime SDK Voice API: connectors, streaming and logging configurations, groups, tags,
 * SIP media applications.
 * Paths and shapes:
 * https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_Operations_Amazon_Chime_SDK_Voice.html
 */
export function chimeService(world: World): AwsService {
  const routes: ChimeRoute[] = [
    ...chimeConnectorRoutes(world),
    ...chimeConnectorGroupRoutes(world),
    ...chimeSipMediaApplicationRoutes(world),
    ...chimeTagRoutes(),
    {
      name: "ListAvailableVoiceConnectorRegions",
      method: "GET",
      path: /^\/voice-connector-regions$/,
      run: () => ({ VoiceConnectorRegions: voiceConnectorRegions }),
    },
  ];
  return {
    actionPrefix: "chime",
    errors: chimeErrors,
    operationOf(request) {
      const queryOperation = request.query.get("operation") ?? undefined;
      for (const route of routes) {
        const match = route.path.exec(request.path);
        if (!match || route.method !== request.method || route.queryOperation !== queryOperation) continue;
        const id = percentDecoded(match[1] ?? "", "BadRequestException");
        return {
          name: route.name,
          resource: resourceArn(request, id),
          run: () => answer(world, route, request, id),
        };
      }
      return undefined;
    },
  };
}

const resourceTypes = [
  ["/voice-connector-groups/", "vcg"],
  ["/sip-media-applications/", "sma"],
] as const;

function resourceArn(request: AwsRequest, id: string): string {
  if (request.path === "/tags") return taggedResource(request);
  if (!id) return "*";
  const type = resourceTypes.find(([path]) => request.path.startsWith(path))?.[1] ?? "vc";
  return `arn:aws:chime:${request.region}:${request.caller.account.id}:${type}/${id}`;
}

function answer(world: World, route: ChimeRoute, request: AwsRequest, id: string): AwsReply {
  if (!voiceConnectorRegions.includes(request.region)) {
    // The real name voice-chime.<region>.amazonaws.com does not resolve there: no client ever gets an answer.
    throw new AwsError("ForbiddenException", 403, `Voice Connectors do not exist in ${request.region}.`);
  }
  const region = request.caller.account.region(request.region);
  if (!region.chimeQuota.take(world.clock.nowMs(), world.settings.current.chimeCallsPerSecond)) {
    throw commonError(chimeErrors, "throttled", "Rate exceeded");
  }
  const body = route.run({ request, region, id });
  if (body === undefined) return { status: 204, headers: { "x-amzn-requestid": request.requestId } };
  return jsonReply(request.requestId, body, route.status ?? 200);
}
