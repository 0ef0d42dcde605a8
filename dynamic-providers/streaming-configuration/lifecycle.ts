import { createHash, randomUUID } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { AwsCallError } from "../../aws/call-error.js";
import { assertSameAccount } from "../account.js";
import type { AwsSession } from "../aws-clients.js";
import { MadeInPart } from "../made-in-part.js";
import type { Owner } from "../owner.js";
import type { ServiceHeld, StreamingConfigurationInputs } from "./arguments.js";
import { deleteConfiguration, getConfiguration, putConfiguration } from "./configuration.js";
import { deleteStreams, type RetentionChange, retentionChange } from "./existing-streams.js";
import { asMarked, type Mark } from "./mark-tags.js";
import { NEW_CONNECTOR_PAUSES_MS } from "./new-connector.js";
import {
  type ConnectorPlace,
  foreignMarkError,
  lookAtMark,
  type MarkLook,
  removeMark,
  writeMark,
} from "./ownership.js";
import { comparedNames } from "./plan.js";
import { comparable, describe, serviceHeldNames } from "./service-shape.js";

/** What state holds: the inputs, and what is known of the connector. States of older versions may lack any of the optional ones. */
export interface StreamingConfigurationState extends StreamingConfigurationInputs {
  accountId?: string;
  previous?: ServiceHeld;
  /** That of the mark on the connector; absent where it could not be marked. */
  ownershipNonce?: string;
  /** What existing streams were set to. */
  retentionAppliedInHours?: number;
  /** Whether it is not known that AWS holds what the inputs say. */
  isIncomplete?: boolean;
}

type Inputs = StreamingConfigurationInputs;
type State = StreamingConfigurationState;

/** Programs always say who they are; without it the resource is nobody's. */
const ownerOf = ({ owner }: Inputs): Owner => owner ?? { stack: "", name: "" };

export async function create(aws: AwsSession, inputs: Inputs): Promise<dynamic.CreateResult> {
  const accountId = await aws.accountId(inputs);
  const place = { ...inputs, accountId };
  const [found, look] = await Promise.all([getConfiguration(aws, place), lookAtMark(aws, place)]);
  const mark = markOfOwnStack(place, look, inputs);
  // What stands under a mark of this stack is the stack's own: another resource's that this one replaces, or what a create
  // left that was cut off. What was there before that is in the mark.
  const previous = mark ? mark.previous : found;
  if (found && !mark) refuseExisting(inputs, found);
  const retention = await plannedRetention(aws, place, inputs);

  const pausesMs = found || mark ? [] : NEW_CONNECTOR_PAUSES_MS;
  const ownershipNonce = await claim(aws, place, look, { ...ownerOf(inputs), nonce: randomUUID(), previous }, pausesMs);
  const id = `${inputs.region}/${inputs.voiceConnectorId}`;
  const outs: State = { ...inputs, accountId, previous, ownershipNonce };
  try {
    await putConfiguration(aws, place, inputs, pausesMs);
  } catch (error) {
    if (mayBeDone(error)) throw new MadeInPart(id, { ...outs, isIncomplete: true }, error);
    if (ownershipNonce) await giveBack(aws, place, mark);
    throw error;
  }
  return { id, outs: await finished(id, outs, retention) };
}

/** What Chime holds now, as outputs and as inputs, so that a refresh names each property that was changed elsewhere. */
export async function read(aws: AwsSession, id: string, props: State): Promise<dynamic.ReadResult> {
  const accountId = await assertSameAccount(aws, props, resourceName(props));
  const place = { ...props, accountId };
  const [held, look] = await Promise.all([getConfiguration(aws, place), lookAtMark(aws, place, true)]);
  if (!held) return { id: "", props: undefined };
  const { isIncomplete: _isIncomplete, ...known } = props;
  const now: State = { ...known, accountId, mediaInsights: undefined, ...held, ...markDrift(aws, props, look) };
  const inputs = Object.fromEntries(comparedNames.map((name) => [name, now[name]]));
  return { id, props: now, inputs };
}

export async function update(aws: AwsSession, id: string, olds: State, news: Inputs): Promise<dynamic.UpdateResult> {
  const scope = { ...news, accountId: olds.accountId };
  const accountId = await assertSameAccount(aws, scope, resourceName(news));
  const place = { ...news, accountId };
  const isPut = olds.isIncomplete === true || !holdSame(olds, news);
  const retention =
    isPut || olds.retentionAppliedInHours !== news.dataRetentionInHours
      ? await plannedRetention(aws, place, news)
      : undefined;
  let { previous, ownershipNonce } = olds;
  if (isPut || comparable("owner", olds.owner) !== comparable("owner", news.owner)) {
    const look = await lookAtMark(aws, place);
    const isOwn = look.isVisible && look.mark !== undefined && look.mark.nonce === ownershipNonce;
    const mark = isOwn ? look.mark : markOfOwnStack(place, look, news);
    previous ??= mark?.previous;
    const wanted = { ...ownerOf(news), nonce: ownershipNonce ?? lateNonce(id), previous };
    // One that cannot be written now may stand there all the same.
    if (!isSameMark(mark, wanted)) ownershipNonce = (await claim(aws, place, look, wanted, [])) ?? ownershipNonce;
  }
  // Streams that are made while the argument is false have another retention.
  const retentionAppliedInHours = news.applyRetentionToExistingStreams ? olds.retentionAppliedInHours : undefined;
  const outs: State = { ...news, accountId, previous, ownershipNonce, retentionAppliedInHours };
  if (isPut) {
    try {
      await putConfiguration(aws, place, news, []);
    } catch (error) {
      // With the mark that it has now: what is destroyed next must know it for its own.
      if (mayBeDone(error) || ownershipNonce !== olds.ownershipNonce)
        throw new MadeInPart(id, { ...outs, isIncomplete: true }, error);
      throw error;
    }
  }
  return { outs: await finished(id, outs, retention) };
}

export async function remove(aws: AwsSession, id: string, props: State): Promise<void> {
  if (props.onDelete === "retain") return release(aws, props);
  const accountId = await assertSameAccount(aws, props, resourceName(props));
  const place = { ...props, accountId };
  const look = await lookAtMark(aws, place);
  const mark = look.isVisible ? look.mark : undefined;
  if (mark && !isMarkOf(mark, id, props)) {
    const isOwnStack = mark.stack === asMarked(ownerOf(props)).stack;
    const manager = isOwnStack
      ? `this stack manages it as "${mark.name}" now. If no resource of that name is in it, run up and then destroy`
      : `the stack ${mark.stack} manages it as "${mark.name}" now`;
    aws.tell(
      `Voice Connector ${props.voiceConnectorId} in ${props.region} goes on streaming: ${manager}.`,
      isOwnStack ? "info" : "warning",
    );
    return;
  }
  const isRestored = props.onDelete === "restore" && props.previous !== undefined;
  if (isRestored) await putConfiguration(aws, place, props.previous as ServiceHeld, "unlessGone");
  else await deleteConfiguration(aws, place);
  if (props.deleteStreamsOnDestroy) {
    if (isRestored && !props.previous?.disabled) {
      aws.tell(`The streams of Voice Connector ${props.voiceConnectorId} are kept: what was restored streams to them.`);
    } else await deleteStreams(aws, place);
  }
  // Last, so that a destroy that was cut off is taken up again by the owner.
  if (mark) await removeMark(aws, place);
}

/** Takes the mark off what is retained, for whoever manages it next. What prevents that is told and stops nothing. */
async function release(aws: AwsSession, props: State): Promise<void> {
  if (!props.ownershipNonce) return;
  try {
    const accountId = await assertSameAccount(aws, props, resourceName(props));
    const place = { ...props, accountId };
    const look = await lookAtMark(aws, place);
    if (look.isVisible && look.mark?.nonce === props.ownershipNonce) await removeMark(aws, place);
  } catch (error) {
    aws.tell(`Voice Connector ${props.voiceConnectorId} stays marked as managed: ${(error as Error).message}`);
  }
}

/**
 * The mark of the resource's own stack, if there is one.
 * @throws Error that names the stack where it is another's
 */
function markOfOwnStack(place: ConnectorPlace, look: MarkLook, inputs: Inputs): Mark | undefined {
  const mark = look.isVisible ? look.mark : undefined;
  if (mark && mark.stack !== asMarked(ownerOf(inputs)).stack) throw foreignMarkError(place, mark);
  return mark;
}

/**
 * The nonce of a mark that an update writes for a state that has none: always the same, so that the resource is known by it
 * though the update was killed before the state was saved.
 */
const lateNonce = (id: string): string => `update-${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;

/** Whether a mark is the resource's own. One that has lost its nonce is whoever's stack it names. */
function isMarkOf(mark: Mark, id: string, props: State): boolean {
  const { ownershipNonce, owner } = props;
  const isOwnStack = owner === undefined || mark.stack === asMarked(owner).stack;
  if (!mark.nonce) return isOwnStack;
  return mark.nonce === ownershipNonce || (!ownershipNonce && isOwnStack && mark.nonce === lateNonce(id));
}

function isSameMark(mark: Mark | undefined, wanted: Mark): boolean {
  const { stack, name } = asMarked(wanted);
  return mark !== undefined && mark.stack === stack && mark.name === name && mark.nonce === wanted.nonce;
}

/** @returns the nonce of the mark that stands, or undefined where the connector cannot be marked */
async function claim(
  aws: AwsSession,
  place: ConnectorPlace,
  look: MarkLook,
  mark: Mark,
  pausesMs: readonly number[],
): Promise<string | undefined> {
  // A mark that cannot be seen is not written over: it may be another stack's.
  if (!look.isVisible || !mark.stack) return undefined;
  return (await writeMark(aws, place, mark, pausesMs)) ? mark.nonce : undefined;
}

/** The mark as it was before a create that AWS refused; what prevents that is less than why it was refused. */
async function giveBack(aws: AwsSession, place: ConnectorPlace, before: Mark | undefined): Promise<void> {
  try {
    if (before) await writeMark(aws, place, before, []);
    else await removeMark(aws, place);
  } catch (error) {
    aws.tell(`Voice Connector ${place.voiceConnectorId} stays marked as managed: ${(error as Error).message}`);
  }
}

/**
 * What a refresh finds of a mark that is not the resource's any more: taken off, or another's. Then `owner` differs from
 * the program's, so that the next up marks the connector again, or says whose it is.
 */
function markDrift(aws: AwsSession, props: State, look: MarkLook): Partial<State> {
  if (!props.ownershipNonce || !look.isVisible || look.mark?.nonce === props.ownershipNonce) return {};
  const { mark } = look;
  const isForeign = mark !== undefined && mark.stack !== asMarked(ownerOf(props)).stack;
  if (isForeign) {
    aws.tell(
      `Voice Connector ${props.voiceConnectorId} in ${props.region} is managed by the stack ${mark.stack} too, as "${mark.name}".`,
    );
  }
  return { ownershipNonce: undefined, owner: isForeign ? { stack: mark.stack, name: mark.name } : undefined };
}

function refuseExisting(inputs: Inputs, found: ServiceHeld): void {
  // One that holds what is asked for loses nothing.
  if (inputs.onExisting !== "fail" || holdSame(found, inputs)) return;
  throw new Error(
    `Voice Connector ${inputs.voiceConnectorId} in ${inputs.region} has a streaming configuration already ` +
      `(${describe(found)}) and onExisting is "fail". Remove it, or set onExisting to "adopt".`,
  );
}

/** Looked at before anything is changed: a decrease that is not allowed changes nothing. */
async function plannedRetention(aws: AwsSession, place: ConnectorPlace, inputs: Inputs) {
  if (!inputs.applyRetentionToExistingStreams) return undefined;
  return retentionChange(aws, place, inputs.dataRetentionInHours, inputs.allowRetentionDecrease === true);
}

/** @throws MadeInPart where the configuration stands but existing streams were not all reached */
async function finished(id: string, outs: State, retention: RetentionChange | undefined): Promise<State> {
  if (!retention) return outs;
  try {
    await retention.apply();
  } catch (error) {
    throw new MadeInPart(id, { ...outs, retentionAppliedInHours: undefined }, error);
  }
  return { ...outs, retentionAppliedInHours: outs.dataRetentionInHours };
}

/** Whether a call that failed may have been carried out: its answer was lost, or AWS itself does not know. */
function mayBeDone(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  const { httpStatusCode } = (error.cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata ?? {};
  return error.kind === "unreachable" || (error.kind === "other" && (httpStatusCode ?? 500) >= 500);
}

const resourceName = ({ voiceConnectorId }: Inputs): string =>
  `the streaming configuration of Voice Connector ${voiceConnectorId}`;

const holdSame = (one: ServiceHeld, other: ServiceHeld): boolean =>
  serviceHeldNames.every((name) => comparable(name, one[name]) === comparable(name, other[name]));
