import { createHash, randomUUID } from "node:crypto";
import { type Role, TagRoleCommand, UntagRoleCommand } from "@aws-sdk/client-iam";
import { AwsCallError } from "../../aws/call-error.js";
import { claimOwner, OWNER_TAG_PREFIX } from "../../aws/owner-tags.js";
import { serviceLinkedRoleName } from "../../aws/voice-connector.js";
import type { AwsSession } from "../aws-clients.js";
import type { AccountScope } from "../credentials.js";
import type { Owner } from "../owner.js";
import { getRole } from "./deletion.js";

/**
 * A tag by which a resource says that it wants the role to be there. An account has one role for all stacks, and a rename
 * makes the new resource before it deletes the old one: so the last claim that goes takes the role with it, no other.
 */
export interface Claim {
  /** The tag's key: the same for a resource of the same stack and name, so that a create that was cut off leaves no second. */
  tag: string;
  /** Begins the tag's value, another for each create: whoever finds a foreign one was replaced. */
  nonce: string;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html */
const LONGEST_VALUE = 256;
/** IAM shows a change everywhere within seconds. */
const NEW_ROLE_PAUSES_MS = [500, 1_000, 2_000, 4_000];
const SECOND_LOOK_MS = 2_000;

/** @returns undefined where the credentials may not tag: then nothing is protected, and it is said so */
export async function claimRole(
  aws: AwsSession,
  scope: AccountScope,
  { stack, name }: Owner,
): Promise<Claim | undefined> {
  const owner = `${stack}/${name}`;
  const claim: Claim = {
    tag: `${OWNER_TAG_PREFIX}${createHash("sha256").update(owner).digest("hex").slice(0, 16)}`,
    nonce: randomUUID(),
  };
  // IAM takes fewer characters in a tag than Pulumi in a name.
  const value = `${claim.nonce} ${owner.replace(/[^\p{L}\p{N} _.:/=+\-@]/gu, "_")}`.slice(0, LONGEST_VALUE);
  const command = new TagRoleCommand({ RoleName: serviceLinkedRoleName, Tags: [{ Key: claim.tag, Value: value }] });
  for (const pauseMs of [...NEW_ROLE_PAUSES_MS, 0]) {
    try {
      await aws.iam(scope).send(command);
      return claim;
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      if (error.kind === "accessDenied" || error.code.startsWith("LimitExceeded")) {
        aws.tell(
          `The role ${serviceLinkedRoleName} was not tagged: another stack that shares it, or a rename of this resource, may delete it. ${error.message}`,
        );
        return undefined;
      }
      if (error.kind !== "notFound" || !pauseMs) throw error;
      await aws.sleep(pauseMs);
    }
  }
  return undefined;
}

/**
 * Takes this resource's claim off the role.
 * @returns whose claims are left, as `organization/project/stack/name`; undefined where the role is gone
 */
export async function releaseRole(
  aws: AwsSession,
  scope: AccountScope & { claim?: Claim },
): Promise<string[] | undefined> {
  const { claim } = scope;
  const role = await getRole(aws, scope);
  if (!role) return undefined;
  if (claim && tagValue(role, claim.tag)?.startsWith(claim.nonce)) {
    try {
      await aws.iam(scope).send(new UntagRoleCommand({ RoleName: serviceLinkedRoleName, TagKeys: [claim.tag] }));
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      if (error.kind === "notFound") return undefined;
      if (error.kind !== "accessDenied") throw error;
      aws.tell(`The tag ${claim.tag} of the role ${serviceLinkedRoleName} was not removed. ${error.message}`);
      return claimants(role)
        .filter(({ tag }) => tag !== claim.tag)
        .map(({ owner }) => owner);
    }
  }
  // Looked at again after the own claim is off: of two that go at once, one must see that it is the last.
  for (const pauseMs of [0, SECOND_LOOK_MS]) {
    if (pauseMs) await aws.sleep(pauseMs);
    const left = await getRole(aws, scope);
    if (!left) return undefined;
    const others = claimants(left);
    if (!others.length || pauseMs) return others.map(({ owner }) => owner);
  }
  return [];
}

function tagValue(role: Role, tag: string): string | undefined {
  return role.Tags?.find(({ Key }) => Key === tag)?.Value;
}

function claimants(role: Role): { tag: string; owner: string }[] {
  return (role.Tags ?? [])
    .filter(({ Key }) => Key?.startsWith(OWNER_TAG_PREFIX))
    .map(({ Key = "", Value = "" }) => ({ tag: Key, owner: `${claimOwner(Value)} (tag ${Key})` }))
    .sort((one, other) => one.owner.localeCompare(other.owner));
}
