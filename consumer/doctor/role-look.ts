import { GetRoleCommand } from "@aws-sdk/client-iam";
import { claimOwner, OWNER_TAG_PREFIX } from "../../aws/owner-tags.js";
import { serviceLinkedRoleName } from "../../aws/voice-connector.js";
import type { ConnectorFacts, RoleFacts } from "./diagnosis.js";
import { GLOBAL_REGION } from "./doctor-clients.js";
import type { Examination } from "./examination.js";

/**
 * The role, as far as it can be seen without changing anything: of a deletion that is running IAM tells only who has its task's id,
 * and the role is there until that is done.
 */
export async function lookAtRole({ asking, clients }: Examination): Promise<RoleFacts> {
  const input = { RoleName: serviceLinkedRoleName };
  const question = { action: "iam:GetRole", region: GLOBAL_REGION, input };
  const answer = await asking.ask(question, (abortSignal) =>
    clients.iam.send(new GetRoleCommand(input), { abortSignal }),
  );
  if (!answer.ok) {
    if (answer.error.kind === "notFound") return { state: "missing", claimedBy: [] };
    asking.report(question, answer.error);
    return { state: "unknown", claimedBy: [] };
  }
  const { Arn, CreateDate, RoleLastUsed, Tags = [] } = answer.value.Role ?? {};
  return {
    state: "there",
    ...(Arn && { arn: Arn }),
    ...(CreateDate && { createdAt: CreateDate.toISOString() }),
    ...(RoleLastUsed?.LastUsedDate && { lastUsedAt: RoleLastUsed.LastUsedDate.toISOString() }),
    claimedBy: Tags.filter(({ Key }) => Key?.startsWith(OWNER_TAG_PREFIX)).map(({ Value = "" }) => claimOwner(Value)),
  };
}

/** What the role means for the connectors that were found. */
export function judgeRole(
  { findings }: Examination,
  { state }: RoleFacts,
  connectors: readonly ConnectorFacts[],
): void {
  if (state === "there") findings.add("DOCTOR_ROLE", undefined, `the role ${serviceLinkedRoleName} is there`);
  if (state !== "missing") return;
  // Nobody needs it before something streams: AWS makes it then.
  for (const { region, voiceConnectorId } of connectors.filter(({ streaming }) => streaming === "on")) {
    findings.add(
      "DOCTOR_ROLE_MISSING",
      `${region}/${voiceConnectorId}`,
      `streaming is on, and the role ${serviceLinkedRoleName} is not there`,
      "pulumi up --refresh of the stack that has the ServiceLinkedRole; or aws iam create-service-linked-role --aws-service-name voiceconnector.chime.amazonaws.com",
    );
  }
}
