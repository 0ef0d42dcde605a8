import { readFile } from "node:fs/promises";
import { fromIni, fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";
import { toAwsCallError } from "../aws/call-error.js";
import type { AssumeRole } from "./faults.js";
import type { StackAssumeRole, StackAwsConfiguration, StackWebIdentity } from "./stack-configuration.js";

/** Which credentials a resource uses: the stack's, unless it names others. */
export interface AccountScope {
  profile?: string;
  assumeRole?: AssumeRole;
}

export type CredentialProvider = ReturnType<typeof fromIni>;

const DEFAULT_SESSION_NAME = "pulumi-chime-voice-streaming";
/** Temporary credentials are renewed this long before they end. */
const RENEW_BEFORE_END_MS = 5 * 60_000;

/** The credentials of a scope: its profile's or the stack's, and with them the role it assumes. */
export class Credentials {
  private readonly stsOptions: { region: string; endpoint?: string };

  constructor(
    private readonly stack: StackAwsConfiguration,
    region: string,
    private readonly now: () => number,
  ) {
    const endpoint = stack.endpoints.sts;
    this.stsOptions = { region, ...(endpoint ? { endpoint } : {}) };
  }

  /** @returns undefined for the SDK's own chain */
  of(scope: AccountScope): CredentialProvider | undefined {
    const source = scope.profile ? this.fromProfile(scope.profile) : this.ofStack();
    const provider = scope.assumeRole ? this.assuming(scope.assumeRole, source) : source;
    return provider && this.remembered(provider);
  }

  private ofStack(): CredentialProvider | undefined {
    const { accessKeyId, secretAccessKey, sessionToken, profile, assumeRoles, webIdentity } = this.stack;
    let source: CredentialProvider | undefined;
    if (accessKeyId && secretAccessKey) source = async () => ({ accessKeyId, secretAccessKey, sessionToken });
    else if (webIdentity) source = this.fromWebIdentity(webIdentity);
    else if (profile) source = this.fromProfile(profile);
    return assumeRoles.reduce<CredentialProvider | undefined>((before, role) => this.assuming(role, before), source);
  }

  private fromProfile(profile: string): CredentialProvider {
    return fromIni({ profile, clientConfig: this.stsOptions });
  }

  private fromWebIdentity(identity: StackWebIdentity): CredentialProvider {
    const { roleArn, sessionName, policy, policyArns, durationSeconds, token, tokenFile = "" } = identity;
    return this.named("sts:AssumeRoleWithWebIdentity", async () => {
      // Read at each renewal: the platform that issues the token replaces the file's content.
      const webIdentityToken = token ?? (await readFile(tokenFile, "utf8")).trim();
      return fromWebToken({
        roleArn,
        roleSessionName: sessionName ?? DEFAULT_SESSION_NAME,
        webIdentityToken,
        policy,
        policyArns: policyArns?.map((arn) => ({ arn })),
        durationSeconds,
        clientConfig: this.stsOptions,
      })();
    });
  }

  private assuming(role: StackAssumeRole, source: CredentialProvider | undefined): CredentialProvider {
    const provider = fromTemporaryCredentials({
      params: {
        RoleArn: role.roleArn,
        RoleSessionName: role.sessionName ?? DEFAULT_SESSION_NAME,
        ExternalId: role.externalId,
        DurationSeconds: role.durationSeconds,
        Policy: role.policy,
        PolicyArns: role.policyArns?.map((arn) => ({ arn })),
        SourceIdentity: role.sourceIdentity,
        Tags: role.tags && Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })),
        TransitiveTagKeys: role.transitiveTagKeys,
      },
      clientConfig: this.stsOptions,
      ...(source ? { masterCredentials: source } : {}),
    });
    return this.named("sts:AssumeRole", provider, { RoleArn: role.roleArn });
  }

  /** Otherwise the call that needed the credentials would be named as the one that was refused. */
  private named(action: string, provider: CredentialProvider, input?: object): CredentialProvider {
    return async (...args) => {
      try {
        return await provider(...args);
      } catch (error) {
        throw toAwsCallError(error, action, this.stsOptions.region, this.stsOptions.endpoint, input);
      }
    };
  }

  /** Each client asks for credentials of its own; one answer serves them all until it is about to end. */
  private remembered(provider: CredentialProvider): CredentialProvider {
    let answer: ReturnType<CredentialProvider> | undefined;
    let validUntilMs = Number.POSITIVE_INFINITY;
    return (...args) => {
      if (answer && this.now() < validUntilMs) return answer;
      const asked = provider(...args);
      answer = asked;
      validUntilMs = Number.POSITIVE_INFINITY;
      asked.then(
        ({ expiration }) => {
          validUntilMs = expiration ? expiration.getTime() - RENEW_BEFORE_END_MS : Number.POSITIVE_INFINITY;
        },
        () => {
          if (answer === asked) answer = undefined;
        },
      );
      return asked;
    };
  }
}
