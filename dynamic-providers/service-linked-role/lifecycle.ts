import { CreateServiceLinkedRoleCommand, type Role } from "@aws-sdk/client-iam";
import type { dynamic } from "@pulumi/pulumi";
import { AwsCallError } from "../../aws/call-error.js";
import { assertSameAccount } from "../account.js";
import type { AwsSession } from "../aws-clients.js";
import { serviceLinkedRoleName, voiceConnectorPrincipal } from "../voice-connector.js";
import { argumentNames, type ServiceLinkedRoleInputs, serviceLinkedRoleFaults, withDefaults } from "./arguments.js";
import { deleteRole, getRole } from "./deletion.js";
import { findRoleUsage } from "./usage.js";

/** What state holds: the inputs, and what is known of the role. */
export interface ServiceLinkedRoleState extends ServiceLinkedRoleInputs {
  arn?: string;
  roleName?: string;
  createDate?: string;
  adopted?: boolean;
  accountId?: string;
}

type Arguments = Record<string, unknown>;

/** IAM shows a new role everywhere within seconds; it is looked for after these pauses. */
const PROPAGATION_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];

export async function check(_aws: AwsSession, _olds: Arguments, news: Arguments): Promise<dynamic.CheckResult> {
  return { inputs: withDefaults(news), failures: serviceLinkedRoleFaults(news) };
}

/** No argument is part of the role: a change is recorded and calls nothing. */
export function diff(_id: string, olds: Arguments, news: Arguments): dynamic.DiffResult {
  return { changes: argumentNames.some((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name])) };
}

/** Adopts the role where the account has it: there is one for all regions and connectors, and Chime makes it by itself too. */
export async function create(aws: AwsSession, inputs: ServiceLinkedRoleInputs): Promise<dynamic.CreateResult> {
  const accountId = await aws.accountId(inputs);
  const found = await getRole(aws, inputs);
  const adopted = found ? true : !(await createRole(aws, inputs));
  const role = found ?? (await waitUntilVisible(aws, inputs));
  return { id: role.Arn ?? "", outs: { ...inputs, ...outputsOf(role), adopted, accountId } };
}

export async function read(aws: AwsSession, id: string, props: ServiceLinkedRoleState): Promise<dynamic.ReadResult> {
  await assertSameAccount(aws, props, `the service-linked role ${serviceLinkedRoleName}`);
  const role = await getRole(aws, props);
  if (!role) return { id: "", props: undefined };
  return { id, props: { ...props, ...outputsOf(role) } };
}

export async function update(
  aws: AwsSession,
  _id: string,
  olds: ServiceLinkedRoleState,
  news: ServiceLinkedRoleInputs,
): Promise<dynamic.UpdateResult> {
  await assertSameAccount(
    aws,
    { ...news, accountId: olds.accountId },
    `the service-linked role ${serviceLinkedRoleName}`,
  );
  const { arn, roleName, createDate, adopted, accountId } = olds;
  return { outs: { ...news, arn, roleName, createDate, adopted, accountId } };
}

export async function remove(aws: AwsSession, _id: string, props: ServiceLinkedRoleState): Promise<void> {
  if (props.onDelete === "retain") return;
  await assertSameAccount(aws, props, `the service-linked role ${serviceLinkedRoleName}`);
  if (props.onDelete !== "delete" && (await isKept(aws, props))) return;
  const seconds = props.deletionTimeoutSeconds;
  const outcome = await deleteRole(aws, props, aws.now() + seconds * 1_000);
  if (outcome.deleted) return;
  if (!outcome.refused) {
    throw new Error(
      `IAM was still deleting the role ${serviceLinkedRoleName} after ${seconds} s. Destroy again, or raise deletionTimeoutSeconds.`,
    );
  }
  const users = outcome.users.length ? ` Used by ${outcome.users.join(", ")}.` : "";
  const reason = `${outcome.reason.replace(/\.$/, "")}.${users}`;
  if (props.onDelete !== "delete") {
    aws.tell(`The role ${serviceLinkedRoleName} is kept: IAM did not delete it within ${seconds} s. ${reason}`);
    return;
  }
  throw new Error(
    `IAM did not delete the role ${serviceLinkedRoleName} within ${seconds} s: ${reason} Stop streaming on every Voice ` +
      'Connector of the account and destroy again, or set onDelete to "retain" and deploy that first.',
  );
}

async function isKept(aws: AwsSession, props: ServiceLinkedRoleState): Promise<boolean> {
  const { streaming, unknown } = await findRoleUsage(aws, props);
  const reasons = [
    ...(streaming.length ? [`Voice Connectors with a streaming configuration: ${streaming.join(", ")}.`] : []),
    ...unknown.map(({ regions, reason }) => `Not known of ${regions.join(", ")}: ${reason}`),
  ];
  if (!reasons.length) return false;
  aws.tell(`The role ${serviceLinkedRoleName} is kept, not deleted. ${reasons.join(" ")}`);
  return true;
}

/** @returns false where the role was there already */
async function createRole(aws: AwsSession, inputs: ServiceLinkedRoleInputs): Promise<boolean> {
  try {
    await aws.iam(inputs).send(new CreateServiceLinkedRoleCommand({ AWSServiceName: voiceConnectorPrincipal }));
    return true;
  } catch (error) {
    // InvalidInput has many causes; only this one means that another stack, or Chime, was faster.
    const taken =
      error instanceof AwsCallError && error.code.startsWith("InvalidInput") && /has been taken/.test(error.message);
    if (taken) return false;
    throw error;
  }
}

async function waitUntilVisible(aws: AwsSession, inputs: ServiceLinkedRoleInputs): Promise<Role> {
  for (const pauseMs of [0, ...PROPAGATION_PAUSES_MS]) {
    if (pauseMs) await aws.sleep(pauseMs);
    const role = await getRole(aws, inputs);
    if (role) return role;
  }
  throw new Error(
    `IAM made the role ${serviceLinkedRoleName} but does not show it yet. Run the deployment again in a minute.`,
  );
}

function outputsOf(role: Role): Pick<ServiceLinkedRoleState, "arn" | "roleName" | "createDate"> {
  return { arn: role.Arn, roleName: role.RoleName, createDate: role.CreateDate?.toISOString() };
}
