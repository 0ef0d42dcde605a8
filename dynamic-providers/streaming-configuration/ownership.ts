import { ListTagsForResourceCommand, TagResourceCommand, UntagResourceCommand } from "@aws-sdk/client-chime-sdk-voice";
import { AwsCallError } from "../../aws/call-error.js";
import { stackTagKey } from "../../aws/owner-tags.js";
import type { AwsSession } from "../aws-clients.js";
import type { AccountScope } from "../credentials.js";
import { fitsTag, type Mark, markOf, markTagKeys, tagsOf } from "./mark-tags.js";
import { onceVisible } from "./new-connector.js";

/** A connector, and the credentials that reach it. */
export interface ConnectorPlace extends AccountScope {
  voiceConnectorId: string;
  region: string;
  accountId: string;
}

/** What a look at a connector's tags gave. */
export type MarkLook = { isVisible: true; mark: Mark | undefined } | { isVisible: false };

/** The connector, as IAM policies and tags name it. The regions that have Voice Connectors are all of this partition. */
function connectorArn({ region, accountId, voiceConnectorId }: ConnectorPlace): string {
  return `arn:aws:chime:${region}:${accountId}:vc/${voiceConnectorId}`;
}

/**
 * The mark on a connector. A connector that is not there, or not yet, has none.
 * @param isQuiet says nothing where the tags cannot be seen
 */
export async function lookAtMark(aws: AwsSession, place: ConnectorPlace, isQuiet = false): Promise<MarkLook> {
  try {
    const { Tags } = await aws
      .chime(place.region, place)
      .send(new ListTagsForResourceCommand({ ResourceARN: connectorArn(place) }));
    return { isVisible: true, mark: markOf(Tags ?? []) };
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === "notFound") return { isVisible: true, mark: undefined };
    if (!isRefused(error)) throw error;
    if (!isQuiet) tellUnprotected(aws, place, error);
    return { isVisible: false };
  }
}

/**
 * Puts a mark on a connector, over any other.
 * @param pausesMs after which a connector that is not found is tried again
 * @returns whether it stands there: without permission to tag, deployment goes on without
 */
export async function writeMark(
  aws: AwsSession,
  place: ConnectorPlace,
  mark: Mark,
  pausesMs: readonly number[],
): Promise<boolean> {
  if (mark.previous && !fitsTag(mark.previous)) {
    aws.tell(
      `What Voice Connector ${place.voiceConnectorId} had before is too long for its tag: it is kept in the stack's state ` +
        "alone, and not known to a resource that takes the connector over under another name.",
    );
  }
  const command = new TagResourceCommand({ ResourceARN: connectorArn(place), Tags: tagsOf(mark) });
  try {
    await onceVisible(aws, place, pausesMs, () => aws.chime(place.region, place).send(command));
    return true;
  } catch (error) {
    if (!isRefused(error)) throw error;
    tellUnprotected(aws, place, error);
    return false;
  }
}

/** Takes the mark off; what prevents that is told, as another stack would meet the mark. */
export async function removeMark(aws: AwsSession, place: ConnectorPlace): Promise<void> {
  const command = new UntagResourceCommand({ ResourceARN: connectorArn(place), TagKeys: [...markTagKeys] });
  try {
    await aws.chime(place.region, place).send(command);
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === "notFound") return;
    if (!isRefused(error)) throw error;
    aws.tell(
      `The tags ${markTagKeys.join(", ")} stay on ${connectorArn(place)}, and keep other stacks from managing it. ` +
        (error as Error).message,
    );
  }
}

/** That another stack manages the connector, and the way out where it does no longer. */
export function foreignMarkError(place: ConnectorPlace, { stack, name }: Mark): Error {
  return new Error(
    `Voice Connector ${place.voiceConnectorId} in ${place.region} is managed by the stack ${stack}, as "${name}". ` +
      `Nothing was changed. Remove it there (with onDelete "retain" it goes on streaming), or, if that stack is no more, ` +
      `take its mark away: aws chime-sdk-voice untag-resource --region ${place.region} ` +
      `--resource-arn ${connectorArn(place)} --tag-keys ${stackTagKey}`,
  );
}

/** Not permitted, no room for more tags, or a service that knows no tags here: none of them is to stop a deployment. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  return (
    error.kind === "accessDenied" || ["ResourceLimitExceededException", "BadRequestException"].includes(error.code)
  );
}

function tellUnprotected(aws: AwsSession, { voiceConnectorId, region }: ConnectorPlace, error: unknown): void {
  const { kind, action, message } = error as AwsCallError;
  const topic = kind === "accessDenied" ? `unprotected ${action} ${region}` : `unprotected ${voiceConnectorId}`;
  aws.tellOnce(
    topic,
    `Voice Connector ${voiceConnectorId} in ${region} cannot be marked as managed by this stack, and maybe others there. It ` +
      "is not protected: a rename without an alias, --replace or taint can end with streaming off, and another stack " +
      `that manages it is not noticed. ${message}`,
  );
}
