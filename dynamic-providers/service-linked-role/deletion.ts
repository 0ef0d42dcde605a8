import {
  DeleteServiceLinkedRoleCommand,
  GetRoleCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  type Role,
} from "@aws-sdk/client-iam";
import { AwsCallError } from "../../aws/call-error.js";
import { serviceLinkedRoleName } from "../../aws/voice-connector.js";
import type { AwsSession } from "../aws-clients.js";
import type { AccountScope } from "../credentials.js";

export type DeletionOutcome =
  | { deleted: true }
  /** IAM's reason and who uses the role, as `region: arn`. IAM's list may be partial or empty. */
  | { deleted: false; refused: true; reason: string; users: string[] }
  /** IAM had not decided when the time was over. */
  | { deleted: false; refused: false };

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 5_000;
/** A role that was just released is called used for "a few minutes": it is tried again after pauses that double. */
const FIRST_ROUND_MS = 5_000;
const LONGEST_ROUND_MS = 40_000;

/** The role, or undefined where the account has none. */
export async function getRole(aws: AwsSession, scope: AccountScope): Promise<Role | undefined> {
  try {
    return (await aws.iam(scope).send(new GetRoleCommand({ RoleName: serviceLinkedRoleName }))).Role;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Deletes the role and waits for it. IAM decides asynchronously, and for some minutes after its last use may still call
 * the role used; so a refusal is tried again until the time is over.
 * @param deadlineMs on the clock of `aws.now`
 */
export async function deleteRole(aws: AwsSession, scope: AccountScope, deadlineMs: number): Promise<DeletionOutcome> {
  let refusal: DeletionOutcome | undefined;
  for (let pauseMs = FIRST_ROUND_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_ROUND_MS)) {
    const outcome = await oneRound(aws, scope, deadlineMs);
    if (outcome.deleted) return outcome;
    if (outcome.refused) refusal = outcome;
    const leftMs = deadlineMs - aws.now();
    // IAM's reason of an earlier round tells more than that the last one was not decided in time.
    if (leftMs <= 0) return refusal ?? outcome;
    // The last try is made when the time is about over, not a pause before.
    await aws.sleep(Math.min(pauseMs, leftMs));
  }
}

async function oneRound(aws: AwsSession, scope: AccountScope, deadlineMs: number): Promise<DeletionOutcome> {
  const iam = aws.iam(scope);
  let taskId: string | undefined;
  try {
    // While a task is open the same call answers with the same task.
    taskId = (await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName: serviceLinkedRoleName }))).DeletionTaskId;
  } catch (error) {
    if (isNotFound(error)) return { deleted: true };
    throw error;
  }
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_POLL_MS)) {
    const status = await deletionStatus(aws, scope, taskId);
    if (!status) {
      // IAM forgets tasks that are over. Whether this one went well the role itself tells; if not, the next round does.
      return (await getRole(aws, scope)) ? { deleted: false, refused: false } : { deleted: true };
    }
    if (status.Status === "SUCCEEDED") return { deleted: true };
    if (status.Status === "FAILED") {
      const users = (status.Reason?.RoleUsageList ?? []).flatMap(({ Region, Resources }) =>
        (Resources ?? []).map((resource) => `${Region}: ${resource}`),
      );
      return { deleted: false, refused: true, reason: status.Reason?.Reason ?? "IAM gave no reason", users };
    }
    if (aws.now() >= deadlineMs) return { deleted: false, refused: false };
    await aws.sleep(pauseMs);
  }
}

/** @returns undefined where IAM knows no such task */
async function deletionStatus(aws: AwsSession, scope: AccountScope, taskId: string | undefined) {
  try {
    return await aws.iam(scope).send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId: taskId }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return undefined;
  }
}

const isNotFound = (error: unknown): boolean => error instanceof AwsCallError && error.kind === "notFound";
