import type { ChimeContext, ChimeRoute } from "./chime-route.js";
import { badRequest, tagList } from "./chime-validation.js";
import { AwsError, type AwsRequest } from "./exchange.js";
import { jsonBody } from "./json-body.js";

const TAGS = /^\/tags$/;
const MAX_TAGS = 50;

/** Tags of voice connectors. */
export function chimeTagRoutes(): ChimeRoute[] {
  return [
    { name: "ListTagsForResource", method: "GET", path: TAGS, run: list },
    { name: "TagResource", method: "POST", path: TAGS, queryOperation: "tag-resource", run: add },
    { name: "UntagResource", method: "POST", path: TAGS, queryOperation: "untag-resource", run: remove },
  ];
}

/** The ARN whose tags a call is about; `*` where it names none. */
export function taggedResource(request: AwsRequest): string {
  const arn = request.query.get("arn") ?? jsonBody(request, "BadRequestException").ResourceARN;
  return typeof arn === "string" && arn ? arn : "*";
}

function tagsOf({ region }: ChimeContext, arn: unknown): Map<string, string> {
  if (typeof arn !== "string" || !arn) throw badRequest("The resource's ARN is required.");
  if (![...region.connectors.values()].some((connector) => connector.arn === arn)) {
    throw new AwsError("NotFoundException", 404, `No resource in ${region.name} has the ARN ${arn}.`);
  }
  let tags = region.chimeTags.get(arn);
  if (!tags) {
    tags = new Map();
    region.chimeTags.set(arn, tags);
  }
  return tags;
}

function list(context: ChimeContext): object {
  const tags = tagsOf(context, context.request.query.get("arn"));
  return { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) };
}

function add(context: ChimeContext): undefined {
  const body = jsonBody(context.request, "BadRequestException");
  const tags = tagsOf(context, body.ResourceARN);
  const added = tagList(body.Tags);
  if (added.length === 0) throw badRequest("Tags is required.");
  const merged = new Map([...tags, ...added]);
  if (merged.size > MAX_TAGS)
    throw new AwsError("ResourceLimitExceededException", 400, `A resource has ${MAX_TAGS} tags at most.`);
  context.region.chimeTags.set(body.ResourceARN as string, merged);
}

function remove(context: ChimeContext): undefined {
  const body = jsonBody(context.request, "BadRequestException");
  const tags = tagsOf(context, body.ResourceARN);
  if (!Array.isArray(body.TagKeys) || body.TagKeys.length === 0) throw badRequest("TagKeys is required.");
  for (const key of body.TagKeys) tags.delete(String(key));
}
