import { setTimeout as sleep } from "node:timers/promises";
import { ChimeSDKVoiceClient } from "@aws-sdk/client-chime-sdk-voice";
import { IAMClient } from "@aws-sdk/client-iam";
import { KinesisVideoClient } from "@aws-sdk/client-kinesis-video";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { namedErrors } from "../aws/call-error.js";
import { ThrottleGate, throughGate } from "../aws/throttle-gate.js";
import { type AccountScope, Credentials } from "./credentials.js";
import type { StackAwsConfiguration } from "./stack-configuration.js";

/** IAM and STS are reached through this region when none other is known; IAM is the same service everywhere. */
const GLOBAL_REGION = "us-east-1";

/** With the SDK's exponential backoff about 6 s until an endpoint that refuses connections is given up. */
const MAX_ATTEMPTS = 8;
const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** A fifth of the 50 calls a second that an account has in a region: Chime's own role lives on the same quota. */
const STREAM_CALL_INTERVAL_MS = 100;

/** Environment, time and voice of a provider process; parameters so that tests need neither wait nor listen. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  /** @param severity default: warning */
  tell: (message: string, severity?: Severity) => void;
}

type Severity = "warning" | "info";

const realSurroundings: Surroundings = {
  env: process.env,
  now: Date.now,
  sleep,
  // What the provider process prints appears among the stack's diagnostics.
  tell: (message, severity = "warning") => console.error(severity === "info" ? message : `${severity}: ${message}`),
};

/** Whole resources are passed as scopes: only what chooses the credentials tells one from another. */
function scopeKey({ profile, assumeRole }: AccountScope): string {
  return JSON.stringify([profile, assumeRole?.roleArn, assumeRole?.externalId, assumeRole?.sessionName]);
}

/** The AWS clients of one provider process: one per service, region and set of credentials, made when first used. */
export class AwsSession {
  private readonly made = new Map<string, unknown>();
  private readonly credentials: Credentials;
  private readonly accounts = new Map<string, Promise<string>>();
  private readonly told = new Set<string>();

  constructor(
    private readonly stack: StackAwsConfiguration,
    private readonly surroundings: Surroundings = realSurroundings,
  ) {
    this.credentials = new Credentials(stack, stack.region ?? GLOBAL_REGION, Date.now);
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.surroundings.now();
  }

  /** @param ms milliseconds */
  async sleep(ms: number): Promise<void> {
    await this.surroundings.sleep(ms);
  }

  /** Says something that the person who deploys should know. */
  tell(message: string, severity?: Severity): void {
    this.surroundings.tell(message, severity);
  }

  /** Says what is the same for many resources for the first of them alone. */
  tellOnce(topic: string, message: string): void {
    if (this.told.has(topic)) return;
    this.told.add(topic);
    this.tell(message);
  }

  /** The region of the stack's configuration, which comes before anything the SDK's chain finds. */
  get stackRegion(): string | undefined {
    return this.stack.region;
  }

  /**
   * The region of the environment, else of the profile in the shared configuration file, as the AWS CLI finds it.
   * @returns undefined where there is none
   */
  async chainRegion(scope: AccountScope): Promise<string | undefined> {
    const { AWS_REGION: region, AWS_DEFAULT_REGION: defaultRegion } = this.surroundings.env;
    if (region || defaultRegion) return region || defaultRegion;
    const profile = scope.profile ?? this.stack.profile;
    const client = new STSClient({ ...(profile ? { profile } : {}) });
    try {
      return await client.config.region();
    } catch {
      return undefined;
    } finally {
      client.destroy();
    }
  }

  chime(region: string, scope: AccountScope): ChimeSDKVoiceClient {
    return this.shared(`chime ${region}`, scope, () => {
      const client = new ChimeSDKVoiceClient(this.options("chimesdkvoice", region, scope));
      client.middlewareStack.use(throughGate(new ThrottleGate(this), "chime", region));
      client.middlewareStack.use(namedErrors("chime", client.config));
      return client;
    });
  }

  kinesisVideo(region: string, scope: AccountScope): KinesisVideoClient {
    return this.shared(`kinesisvideo ${region}`, scope, () => {
      const client = new KinesisVideoClient(this.options("kinesisvideo", region, scope));
      const gate = new ThrottleGate(this, STREAM_CALL_INTERVAL_MS);
      client.middlewareStack.use(throughGate(gate, "kinesisvideo", region));
      client.middlewareStack.use(namedErrors("kinesisvideo", client.config));
      return client;
    });
  }

  iam(scope: AccountScope): IAMClient {
    return this.shared("iam", scope, () => {
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

  private shared<T>(what: string, scope: AccountScope, make: () => T): T {
    const key = `${what} ${scopeKey(scope)}`;
    if (!this.made.has(key)) this.made.set(key, make());
    return this.made.get(key) as T;
  }

  private options(service: string, region: string, scope: AccountScope) {
    const endpoint = this.stack.endpoints[service];
    const profile = scope.profile ?? this.stack.profile;
    const credentials = this.shared("credentials", scope, () => this.credentials.of(scope));
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
}
