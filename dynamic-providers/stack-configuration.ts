import { type AssumeRole, type Fault, FaultList, isObject, isRoleArn, isText } from "./faults.js";

/** A role as the stack's configuration has it: more can be said than in a resource's argument. */
export interface StackAssumeRole extends AssumeRole {
  durationSeconds?: number;
  policy?: string;
  policyArns?: string[];
  sourceIdentity?: string;
  tags?: Record<string, string>;
  transitiveTagKeys?: string[];
}

export interface StackWebIdentity {
  roleArn: string;
  sessionName?: string;
  token?: string;
  tokenFile?: string;
  durationSeconds?: number;
  policy?: string;
  policyArns?: string[];
}

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
  assumeRoles: StackAssumeRole[];
  webIdentity?: StackWebIdentity;
  allowedAccountIds?: string[];
  forbiddenAccountIds?: string[];
  sharedCredentialsFile?: string;
  sharedConfigFile?: string;
}

const roleKeys = [
  "roleArn",
  "externalId",
  "sessionName",
  "duration",
  "policy",
  "policyArns",
  "sourceIdentity",
  "tags",
  "transitiveTagKeys",
];
const webIdentityKeys = [
  "roleArn",
  "sessionName",
  "webIdentityToken",
  "webIdentityTokenFile",
  "duration",
  "policy",
  "policyArns",
];

const isUrl = (value: unknown): boolean => typeof value === "string" && /^https?:\/\/\S+$/.test(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isTextMap = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText);
const text = (value: unknown): string | undefined => (isText(value) ? value : undefined);

/** Seconds of a duration as `15m`, `1h` or `1h30m`; undefined where it is none. */
function seconds(duration: unknown): number | undefined {
  const [matched, h = 0, m = 0, s = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(String(duration)) ?? [];
  return matched ? Number(h) * 3600 + Number(m) * 60 + Number(s) : undefined;
}

/** Reads the values, and collects what is wrong with them under the keys' own names. */
class Reader {
  readonly list = new FaultList();

  constructor(private readonly get: (key: string) => string | undefined) {}

  text(key: string): string | undefined {
    return text(this.get(`aws:${key}`));
  }

  /** The value of a key that the engine hands over as JSON text. */
  json(key: string): unknown {
    const value = this.text(key);
    if (value === undefined) return undefined;
    try {
      return JSON.parse(value);
    } catch {
      this.list.add(`aws:${key}`, "is not valid JSON");
      return undefined;
    }
  }

  roles(key: string): StackAssumeRole[] {
    const value = this.json(key);
    if (value === undefined) return [];
    const roles = Array.isArray(value) ? value : [value];
    return roles.flatMap((role, i) => this.role(role, Array.isArray(value) ? `aws:${key}[${i}]` : `aws:${key}`) ?? []);
  }

  private role(value: unknown, path: string): StackAssumeRole | undefined {
    if (!isObject(value)) {
      this.list.add(path, "must be an object with roleArn");
      return undefined;
    }
    this.roleFaults(value, path, roleKeys);
    return {
      roleArn: String(value.roleArn),
      externalId: text(value.externalId),
      sessionName: text(value.sessionName),
      durationSeconds: seconds(value.duration ?? ""),
      policy: text(value.policy),
      policyArns: value.policyArns as string[] | undefined,
      sourceIdentity: text(value.sourceIdentity),
      tags: value.tags as Record<string, string> | undefined,
      transitiveTagKeys: value.transitiveTagKeys as string[] | undefined,
    };
  }

  webIdentity(): StackWebIdentity | undefined {
    const path = "aws:assumeRoleWithWebIdentity";
    const value = this.json("assumeRoleWithWebIdentity");
    if (value === undefined) return undefined;
    if (!isObject(value)) {
      this.list.add(path, "must be an object with roleArn and webIdentityToken or webIdentityTokenFile");
      return undefined;
    }
    this.roleFaults(value, path, webIdentityKeys);
    const [token, tokenFile] = [text(value.webIdentityToken), text(value.webIdentityTokenFile)];
    if (Boolean(token) === Boolean(tokenFile)) {
      this.list.add(path, "must have either webIdentityToken or webIdentityTokenFile");
    }
    return {
      roleArn: String(value.roleArn),
      sessionName: text(value.sessionName),
      token,
      tokenFile,
      durationSeconds: seconds(value.duration ?? ""),
      policy: text(value.policy),
      policyArns: value.policyArns as string[] | undefined,
    };
  }

  private roleFaults(role: Record<string, unknown>, path: string, keys: readonly string[]): void {
    this.list.known(role, keys, `${path}.`);
    this.list.required(`${path}.roleArn`, role.roleArn, isRoleArn, "must be the ARN of an IAM role");
    const isDuration = (value: unknown) => seconds(value) !== undefined;
    this.list.optional(`${path}.duration`, role.duration, isDuration, "must be a duration such as 15m or 1h");
    this.list.optional(`${path}.policyArns`, role.policyArns, isTexts, "must be a list of ARNs");
    this.list.optional(`${path}.tags`, role.tags, isTextMap, "must be an object of texts");
    this.list.optional(`${path}.transitiveTagKeys`, role.transitiveTagKeys, isTexts, "must be a list of texts");
  }

  endpoints(): Record<string, string> {
    const value = this.json("endpoints");
    const found: Record<string, string> = {};
    for (const entry of value === undefined ? [] : Array.isArray(value) ? value : [value]) {
      if (!isObject(entry)) {
        this.list.add("aws:endpoints", "must be a list of objects with an endpoint by service");
        continue;
      }
      for (const [service, url] of Object.entries(entry)) {
        this.list.optional(
          `aws:endpoints.${service}`,
          url,
          isUrl,
          "must be a URL that begins with http:// or https://",
        );
        if (isUrl(url)) found[service] = String(url);
      }
    }
    return found;
  }

  accounts(key: string): string[] | undefined {
    const value = this.json(key);
    if (value === undefined) return undefined;
    const ids = (Array.isArray(value) ? value : [value]).map(String);
    const isAccounts = () => ids.every((id) => /^\d{12}$/.test(id));
    this.list.optional(`aws:${key}`, value, isAccounts, "must be a list of account ids of 12 digits");
    return ids.length ? ids : undefined;
  }

  /** The SDK for JavaScript reads one file of each kind. */
  file(key: string): string | undefined {
    const value = this.json(key);
    const files = value === undefined ? [] : Array.isArray(value) ? value : [value];
    if (files.length > 1 || !files.every(isText)) this.list.add(`aws:${key}`, "must be a list of one path here");
    return text(files[0]);
  }
}

/**
 * Reads the `aws:*` keys as the engine hands them to a dynamic provider: decrypted, objects as JSON text. The keys and
 * their shapes are those of the AWS provider (https://www.pulumi.com/registry/packages/aws/installation-configuration/).
 * What cannot be honoured is a fault: passed over, it would mean other rights or another account than was asked for.
 */
export function readStackConfiguration(get: (key: string) => string | undefined): {
  stack: StackAwsConfiguration;
  faults: Fault[];
} {
  const reader = new Reader(get);
  const accessKeyId = reader.text("accessKey");
  const secretAccessKey = reader.text("secretKey");
  if (Boolean(accessKeyId) !== Boolean(secretAccessKey)) {
    reader.list.add(accessKeyId ? "aws:secretKey" : "aws:accessKey", "must be set too: the two go together");
  }
  const stack = {
    region: reader.text("region"),
    profile: reader.text("profile"),
    accessKeyId,
    secretAccessKey,
    sessionToken: reader.text("token"),
    endpoints: reader.endpoints(),
    assumeRoles: [...reader.roles("assumeRole"), ...reader.roles("assumeRoles")],
    webIdentity: reader.webIdentity(),
    allowedAccountIds: reader.accounts("allowedAccountIds"),
    forbiddenAccountIds: reader.accounts("forbiddenAccountIds"),
    sharedCredentialsFile: reader.file("sharedCredentialsFiles"),
    sharedConfigFile: reader.file("sharedConfigFiles"),
  };
  return { stack, faults: reader.list.faults };
}
