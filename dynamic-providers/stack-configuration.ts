import type { AssumeRole } from "./faults.js";

/** What a stack's `aws:*` configuration says of region, credentials, endpoints and accounts. */
export interface StackAwsConfiguration {
  region?: string;
  profile?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  /** Endpoint by service, under the names that the AWS provider uses: `chimesdkvoice`, `iam`, `sts`. */
  endpoints: Record<string, string>;
  /** Assumed one after the other. */
  assumeRoles: AssumeRole[];
  webIdentity?: { roleArn: string; sessionName?: string; token?: string; tokenFile?: string };
  allowedAccountIds?: string[];
  forbiddenAccountIds?: string[];
  sharedCredentialsFile?: string;
  sharedConfigFile?: string;
}

function parsed(text: string | undefined, key: string): unknown {
  if (text === undefined || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The stack configuration aws:${key} is not valid JSON.`);
  }
}

function list(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function toAssumeRole(value: unknown): AssumeRole[] {
  const role = value as { roleArn?: unknown; externalId?: unknown; sessionName?: unknown } | undefined;
  const roleArn = text(role?.roleArn);
  return roleArn ? [{ roleArn, externalId: text(role?.externalId), sessionName: text(role?.sessionName) }] : [];
}

/**
 * Reads the `aws:*` keys as the engine hands them to a dynamic provider: decrypted, objects as JSON text. The keys and
 * their shapes are those of the AWS provider (https://www.pulumi.com/registry/packages/aws/installation-configuration/).
 */
export function readStackConfiguration(get: (key: string) => string | undefined): StackAwsConfiguration {
  const json = (key: string) => parsed(get(`aws:${key}`), key);
  const endpoints: Record<string, string> = {};
  for (const entry of list(json("endpoints"))) {
    for (const [service, url] of Object.entries((entry ?? {}) as object)) if (text(url)) endpoints[service] = url;
  }
  const identity = json("assumeRoleWithWebIdentity") as Record<string, unknown> | undefined;
  const identityRole = text(identity?.roleArn);
  const accounts = (key: string) => {
    const ids = list(json(key)).map(String);
    return ids.length ? ids : undefined;
  };
  return {
    region: text(get("aws:region")),
    profile: text(get("aws:profile")),
    accessKeyId: text(get("aws:accessKey")),
    secretAccessKey: text(get("aws:secretKey")),
    sessionToken: text(get("aws:token")),
    endpoints,
    assumeRoles: [...toAssumeRole(json("assumeRole")), ...list(json("assumeRoles")).flatMap(toAssumeRole)],
    webIdentity: identityRole
      ? {
          roleArn: identityRole,
          sessionName: text(identity?.sessionName),
          token: text(identity?.webIdentityToken),
          tokenFile: text(identity?.webIdentityTokenFile),
        }
      : undefined,
    allowedAccountIds: accounts("allowedAccountIds"),
    forbiddenAccountIds: accounts("forbiddenAccountIds"),
    sharedCredentialsFile: text(list(json("sharedCredentialsFiles"))[0]),
    sharedConfigFile: text(list(json("sharedConfigFiles"))[0]),
  };
}
