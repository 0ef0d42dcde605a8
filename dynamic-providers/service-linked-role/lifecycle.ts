import { CreateServiceLinkedRoleCommand, type Role } from "@aws-sdk/client-iam";
import type { dynamic } from "@pulumi/pulumi";
import { AwsCallError } from "../../aws/call-error.js";
import { serviceLinkedRoleName, voiceConnectorPrincipal } from "../../aws/voice-connector.js";
import { assertSameAccount } from "../account.js";
import type { AwsSession } from "../aws-clients.js";
import { MadeInPart } from "../made-in-part.js";
import { argumentNames, type ServiceLinkedRoleInputs, serviceLinkedRoleFaults, withDefaults } from "./arguments.js";
import { type Claim, claimRole, releaseRole } from "./claim.js";
import { deleteRole, getRole } from "./deletion.js";
import { findRoleUsage, type RoleUsage } from "./usage.js";

/** What state holds: the inputs, and what is known of the role. */
export interface ServiceLinkedRoleState extends ServiceLinkedRoleInputs {
  arn?: string;
  roleName?: string;
  description?: string;
  createDate?: string;
  adopted?: boolean;
  accountId?: string;
  /** Absent where the role could not be tagged, and in states of older versions. */
  claim?: Claim;
}

/** Of those who use the role. */
const MOST_NAMED = 20;

type Arguments = Record<string, unknown>;

/** InvalidInput has many causes; this one alone means that another stack, or Chime, was faster. */
const TAKEN = /Service role name AWSServiceRoleForAmazonChimeVoiceConnector has been taken in this account/;

/** IAM shows a new role everywhere within seconds; it is looked for after these pauses. */
const PROPAGATION_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];

export async function check(_aws: AwsSession, _olds: Arguments, news: Arguments): Promise<dynamic.CheckResult> {
  return { inputs: withDefaults(news), failures: serviceLinkedRoleFaults(news) };
}

/** No argument is part of the role: a change is recorded, and calls nothing where the role is claimed. */
export function diff(_id: string, olds: Arguments, news: Arguments): dynamic.DiffResult {
  return { changes: argumentNames.some((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name])) };
}

/** Adopts the role where the account has it: there is one for all regions and connectors, and Chime makes it by itself too. */
export async function create(aws: AwsSession, inputs: ServiceLinkedRoleInputs): Promise<dynamic.CreateResult> {
  const accountId = await aws.accountId(inputs);
  const found = await getRole(aws, inputs);
  const adopted = found ? true : !(await createRole(aws, inputs));
  const role = found ?? (await waitUntilVisible(aws, inputs));
  const id = role.Arn ?? "";
  const outs: ServiceLinkedRoleState = { ...inputs, ...outputsOf(role), adopted, accountId };
  try {
    return { id, outs: { ...outs, claim: await claimFor(aws, inputs) } };
  } catch (error) {
    throw new MadeInPart(id, outs, error);
  }
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
  const { arn, roleName, description, createDate, adopted, accountId, claim } = olds;
  // A create that was cut off, and every state of an older version, is without one.
  const claimed = claim ?? (await claimFor(aws, news));
  return { outs: { ...news, arn, roleName, description, createDate, adopted, accountId, claim: claimed } };
}

export async function remove(aws: AwsSession, _id: string, props: ServiceLinkedRoleState): Promise<void> {
  if (props.onDelete === "retain") return;
  await assertSameAccount(aws, props, `the service-linked role ${serviceLinkedRoleName}`);
  const others = await releaseRole(aws, props);
  if (!others) return;
  if (others.length) {
    aws.tell(
      `The role ${serviceLinkedRoleName} is kept: it is claimed by ${some(others)}. The last of them that is destroyed removes it. ` +
        "If one is no more, remove its tag from the role.",
    );
    return;
  }
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

async function claimFor(aws: AwsSession, inputs: ServiceLinkedRoleInputs): Promise<Claim | undefined> {
  return inputs.__owner && claimRole(aws, inputs, inputs.__owner);
}

async function isKept(aws: AwsSession, props: ServiceLinkedRoleState): Promise<boolean> {
  const { streaming, applications, unknown }: RoleUsage = await findRoleUsage(aws, props);
  const reasons = [
    ...(streaming.length ? [`Voice Connectors with a streaming configuration: ${some(streaming)}.`] : []),
    ...(applications.length ? [`SIP media applications, which speak with it: ${some(applications)}.`] : []),
    ...unknown.map(({ regions, reason }) => `Not known of ${regions.join(", ")}: ${reason}`),
  ];
  if (!reasons.length) return false;
  aws.tell(`The role ${serviceLinkedRoleName} is kept, not deleted. ${reasons.join(" ")}`);
  return true;
}

/** As many as a person reads. */
function some(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** @returns false where the role was there already */
async function createRole(aws: AwsSession, inputs: ServiceLinkedRoleInputs): Promise<boolean> {
  try {
    await aws.iam(inputs).send(new CreateServiceLinkedRoleCommand({ AWSServiceName: voiceConnectorPrincipal }));
    return true;
  } catch (error) {
    const taken = error instanceof AwsCallError && error.code.startsWith("InvalidInput") && TAKEN.test(error.message);
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

function outputsOf(role: Role): Pick<ServiceLinkedRoleState, "arn" | "roleName" | "description" | "createDate"> {
  return {
    arn: role.Arn,
    roleName: role.RoleName,
    description: role.Description,
    createDate: role.CreateDate?.toISOString(),
  };
}
