import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { AwsCallError } from "../../aws/call-error.js";
import type { AccountFacts } from "./diagnosis.js";
import { GLOBAL_REGION } from "./doctor-clients.js";
import type { Examination } from "./examination.js";

/** Names of ways to credentials, by what the SDK notes of them: the later one in this list is how they were had in the end. */
const sources: readonly (readonly [noted: string, source: string])[] = [
  ["CREDENTIALS_ENV_VARS", "the environment"],
  ["CREDENTIALS_PROFILE", "profile"],
  ["CREDENTIALS_PROFILE_PROCESS", "profile"],
  ["CREDENTIALS_PROFILE_SSO", "profile, signed in by SSO"],
  ["CREDENTIALS_PROFILE_SOURCE_PROFILE", "profile"],
  ["CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN", "profile, by a web identity"],
  ["CREDENTIALS_SSO", "SSO"],
  ["CREDENTIALS_PROCESS", "a process"],
  ["CREDENTIALS_LOGIN", "aws login"],
  ["CREDENTIALS_HTTP", "the container"],
  ["CREDENTIALS_IMDS", "the instance"],
  ["CREDENTIALS_STS_ASSUME_ROLE_WEB_ID", "a web identity"],
];

/**
 * Who is asking, and by which credentials.
 * @returns whether it is worth while to ask anything else
 */
export async function lookAtAccount(exam: Examination): Promise<{ isUsable: boolean; account?: AccountFacts }> {
  const { findings, asking, clients, region = GLOBAL_REGION } = exam;
  const client = clients.sts(region);
  const question = { action: "sts:GetCallerIdentity", region };
  const answer = await asking.ask(question, (abortSignal) =>
    client.send(new GetCallerIdentityCommand({}), { abortSignal }),
  );
  const credentials = await asking.ask(question, async () => client.config.credentials());
  const held = credentials.ok ? credentials.value : undefined;
  const source = sourceOf((held as { $source?: object } | undefined)?.$source ?? {}, exam.environment);
  if (!answer.ok) return { isUsable: refusal(exam, answer.error, source) };

  const { Account: accountId = "", Arn: arn = "" } = answer.value;
  findings.add("DOCTOR_ACCOUNT", undefined, `account ${accountId}, as ${arn}, by credentials of ${source}`);
  const expiresAt = held?.expiration?.toISOString();
  return { isUsable: true, account: { accountId, arn, source, ...(expiresAt && { expiresAt }) } };
}

function refusal({ findings, asking }: Examination, error: AwsCallError, source: string): boolean {
  const said = (error.cause as Error | undefined)?.message.split("\n")[0] ?? "";
  if (error.kind === "noCredentials") {
    const next = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or sign in: aws sso login";
    findings.add("DOCTOR_NO_CREDENTIALS", undefined, `there are no credentials: ${said}`, next);
    return false;
  }
  if (error.kind === "badCredentials") {
    const isExpired = error.code.startsWith("ExpiredToken");
    const code = isExpired ? "DOCTOR_CREDENTIALS_EXPIRED" : "DOCTOR_CREDENTIALS_REFUSED";
    const what = `the credentials of ${source} ${isExpired ? "have expired" : "were refused"} (${error.code})`;
    const next = isExpired
      ? "sign in again, e.g. aws sso login"
      : "check AWS_PROFILE, the keys and this machine's clock";
    findings.add(code, undefined, what, next);
    return false;
  }
  // A policy or a broken network may keep STS out of reach, and nothing else.
  asking.report({ action: error.action, region: error.region ?? GLOBAL_REGION }, error);
  return true;
}

function sourceOf(noted: object, { AWS_PROFILE: profile }: NodeJS.ProcessEnv): string {
  const found = sources.filter(([name]) => name in noted).at(-1)?.[1] ?? "the AWS SDK's chain";
  const role = "CREDENTIALS_STS_ASSUME_ROLE" in noted ? ", assuming a role" : "";
  return `${found.replace(/^profile/, `the profile ${profile || "default"}`)}${role}`;
}
