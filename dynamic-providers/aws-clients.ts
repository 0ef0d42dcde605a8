import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ChimeSDKVoiceClient } from "@aws-sdk/client-chime-sdk-voice";
import { IAMClient } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromIni, fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";
import { namedErrors } from "../aws/call-error.js";
import type { AssumeRole } from "./faults.js";
import type { StackAwsConfiguration } from "./stack-configuration.js";

/** Which credentials a resource uses: the stack's, unless it names others. */
export interface AccountScope {
  profile?: string;
  assumeRole?: AssumeRole;
}

/** IAM and STS are reached through this region when none other is known; IAM is the same service everywhere. */
const GLOBAL_REGION = "us-east-1";

const DEFAULT_SESSION_NAME = "pulumi-chime-voice-streaming";
/** With the SDK's exponential backoff about 6 s until an endpoint that refuses connections is given up. */
const MAX_ATTEMPTS = 8;
const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Time and voice of a provider process; parameters so that tests need neither wait nor listen. */
export interface Surroundings {
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  tell: (message: string) => void;
}

const realSurroundings: Surroundings = {
  now: Date.now,
  sleep,
  // What the provider process prints appears among the stack's diagnostics.
  tell: (message) => console.error(`warning: ${message}`),
};

/** Whole resources are passed as scopes: only what chooses the credentials tells one from another. */
function scopeKey({ profile, assumeRole }: AccountScope): string {
  return JSON.stringify([profile, assumeRole?.roleArn, assumeRole?.externalId, assumeRole?.sessionName]);
}

type CredentialProvider = ReturnType<typeof fromIni>;

/** The AWS clients of one provider process: one per service, region and set of credentials, made when first used. */
export class AwsSession {
  private readonly clients = new Map<string, unknown>();
  private readonly accounts = new Map<string, Promise<string>>();

  constructor(
    private readonly stack: StackAwsConfiguration,
    private readonly env: NodeJS.ProcessEnv,
    private readonly surroundings: Surroundings = realSurroundings,
  ) {}

  /** Milliseconds since the epoch. */
  now(): number {
    return this.surroundings.now();
  }

  /** @param ms milliseconds */
  async sleep(ms: number): Promise<void> {
    await this.surroundings.sleep(ms);
  }

  /** Says something that the person who deploys should know. */
  tell(message: string): void {
    this.surroundings.tell(message);
  }

  /** The region of the stack's configuration, which comes before anything the SDK's chain finds. */
  get stackRegion(): string | undefined {
    return this.stack.region;
  }

  /**
   * The region that the SDK's chain finds: environment, then the profile's in the shared configuration file.
   * @returns undefined where there is none
   */
  async chainRegion(scope: AccountScope): Promise<string | undefined> {
    const profile = scope.profile ?? this.stack.profile;
    const client = new STSClient({ ...(profile ? { profile } : {}) });
    try {
      return await client.config.region();
    } catch {
      return this.env.AWS_DEFAULT_REGION || undefined;
    } finally {
      client.destroy();
    }
  }

  chime(region: string, scope: AccountScope): ChimeSDKVoiceClient {
    return this.client(`chime ${region}`, scope, () => {
      const client = new ChimeSDKVoiceClient(this.options("chimesdkvoice", region, scope));
      client.middlewareStack.use(namedErrors("chime", client.config));
      return client;
    });
  }

  iam(scope: AccountScope): IAMClient {
    return this.client("iam", scope, () => {
      const client = new IAMClient(this.options("iam", this.stack.region ?? GLOBAL_REGION, scope));
      client.middlewareStack.use(namedErrors("iam", client.config));
      return client;
    });
  }

  /**
   * The account that the credentials belong to, asked once per set of credentials.
   * @throws Error where the stack's `aws:allowedAccountIds` or `aws:forbiddenAccountIds` exclude it
   */
  accountId(scope: AccountScope): Promise<string> {
    const key = scopeKey(scope);
    const known = this.accounts.get(key);
    if (known) return known;
    const asked = this.askAccountId(scope);
    this.accounts.set(key, asked);
    // A failure may pass (expired credentials are renewed, a network comes back): the next resource asks again.
    asked.catch(() => this.accounts.delete(key));
    return asked;
  }

  private async askAccountId(scope: AccountScope): Promise<string> {
    const client = new STSClient(this.options("sts", this.stack.region ?? GLOBAL_REGION, scope));
    client.middlewareStack.use(namedErrors("sts", client.config));
    try {
      const { Account: account = "" } = await client.send(new GetCallerIdentityCommand({}));
      const { allowedAccountIds: allowed, forbiddenAccountIds: forbidden } = this.stack;
      if (forbidden?.includes(account)) throw new Error(`AWS account ${account} is in aws:forbiddenAccountIds.`);
      if (allowed && !allowed.includes(account))
        throw new Error(`AWS account ${account} is not in aws:allowedAccountIds.`);
      return account;
    } finally {
      client.destroy();
    }
  }

  private client<T>(what: string, scope: AccountScope, make: () => T): T {
    const key = `${what} ${scopeKey(scope)}`;
    if (!this.clients.has(key)) this.clients.set(key, make());
    return this.clients.get(key) as T;
  }

  private options(service: string, region: string, scope: AccountScope) {
    const endpoint = this.stack.endpoints[service];
    const profile = scope.profile ?? this.stack.profile;
    const credentials = this.credentials(scope);
    return {
      region,
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      // Only what is known is passed: an undefined property would hide what the SDK finds by itself.
      ...(endpoint ? { endpoint } : {}),
      ...(profile ? { profile } : {}),
      ...(credentials ? { credentials } : {}),
    };
  }

  /** @returns undefined for the SDK's own chain */
  private credentials(scope: AccountScope): CredentialProvider | undefined {
    let credentials = scope.profile ? this.fromProfile(scope.profile) : this.stackCredentials();
    if (scope.assumeRole) credentials = this.assuming(scope.assumeRole, credentials);
    return credentials;
  }

  private stackCredentials(): CredentialProvider | undefined {
    const { accessKeyId, secretAccessKey, sessionToken, profile, assumeRoles, webIdentity } = this.stack;
    let credentials: CredentialProvider | undefined;
    if (accessKeyId && secretAccessKey) credentials = async () => ({ accessKeyId, secretAccessKey, sessionToken });
    else if (webIdentity) credentials = this.fromWebIdentity(webIdentity);
    else if (profile) credentials = this.fromProfile(profile);
    return assumeRoles.reduce<CredentialProvider | undefined>(
      (source, role) => this.assuming(role, source),
      credentials,
    );
  }

  private fromProfile(profile: string): CredentialProvider {
    return fromIni({
      profile,
      ...(this.stack.sharedCredentialsFile ? { filepath: this.stack.sharedCredentialsFile } : {}),
      ...(this.stack.sharedConfigFile ? { configFilepath: this.stack.sharedConfigFile } : {}),
      clientConfig: this.stsOptions(),
    });
  }

  private fromWebIdentity(identity: NonNullable<StackAwsConfiguration["webIdentity"]>): CredentialProvider {
    return async () => {
      // Read at each renewal: the platform that issues the token replaces the file's content.
      const webIdentityToken = identity.token ?? (await readFile(identity.tokenFile ?? "", "utf8")).trim();
      const { roleArn, sessionName: roleSessionName = DEFAULT_SESSION_NAME } = identity;
      return fromWebToken({ roleArn, roleSessionName, webIdentityToken, clientConfig: this.stsOptions() })();
    };
  }

  private assuming(role: AssumeRole, source: CredentialProvider | undefined): CredentialProvider {
    const params = {
      RoleArn: role.roleArn,
      RoleSessionName: role.sessionName ?? DEFAULT_SESSION_NAME,
      ...(role.externalId ? { ExternalId: role.externalId } : {}),
    };
    return fromTemporaryCredentials({
      params,
      clientConfig: this.stsOptions(),
      ...(source ? { masterCredentials: source } : {}),
    });
  }

  private stsOptions() {
    const endpoint = this.stack.endpoints.sts;
    return { region: this.stack.region ?? GLOBAL_REGION, ...(endpoint ? { endpoint } : {}) };
  }
}
