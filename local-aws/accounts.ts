import type { Bucket } from "./bucket.js";
import { CallQuota } from "./call-quota.js";
import type { Clock } from "./clock.js";
import type { Identifiers } from "./identifiers.js";
import type { KinesisVideoStream } from "./kinesis-video-stream.js";
import type { Queue } from "./queue.js";
import {
  type RoleUsage,
  type ServiceLinkedRole,
  ServiceLinkedRoles,
  voiceConnectorRoleName,
} from "./service-linked-role.js";
import type { LiveSettings } from "./settings.js";
import {
  isStreaming,
  type SipMediaApplication,
  type VoiceConnector,
  type VoiceConnectorGroup,
} from "./voice-connector.js";

/** What one account has in one region. */
export class Region {
  readonly connectors = new Map<string, VoiceConnector>();
  readonly sipMediaApplications = new Map<string, SipMediaApplication>();
  readonly streams = new Map<string, KinesisVideoStream>();
  readonly queues = new Map<string, Queue>();
  readonly connectorGroups = new Map<string, VoiceConnectorGroup>();
  /** Tags of Chime resources by ARN. */
  readonly chimeTags = new Map<string, Map<string, string>>();
  readonly chimeQuota = new CallQuota();
  /** By the name of the call. */
  readonly streamControlQuotas = {
    listStreams: new CallQuota(),
    deleteStream: new CallQuota(),
    updateDataRetention: new CallQuota(),
  };

  constructor(readonly name: string) {}
}

/** One AWS account: everything it owns. */
export class Account {
  readonly serviceLinkedRoles: ServiceLinkedRoles;
  readonly buckets = new Map<string, Bucket>();
  private readonly regions = new Map<string, Region>();

  constructor(
    readonly id: string,
    clock: Clock,
    identifiers: Identifiers,
    settings: LiveSettings,
  ) {
    this.serviceLinkedRoles = new ServiceLinkedRoles(id, clock, identifiers, settings, (role) => this.usageOf(role));
  }

  region(name: string): Region {
    let region = this.regions.get(name);
    if (!region) {
      region = new Region(name);
      this.regions.set(name, region);
    }
    return region;
  }

  /** The regions that were ever used. */
  listRegions(): Region[] {
    return [...this.regions.values()];
  }

  /** The connectors and SIP media applications that keep the Voice Connector role in use; other roles are never in use here. */
  private usageOf(role: ServiceLinkedRole): RoleUsage[] {
    if (role.name !== voiceConnectorRoleName) return [];
    return this.listRegions()
      .map((region) => ({
        region: region.name,
        resourceArns: [
          ...[...region.connectors.values()].filter(isStreaming),
          ...region.sipMediaApplications.values(),
        ].map(({ arn }) => arn),
      }))
      .filter((usage) => usage.resourceArns.length > 0);
  }
}

/** Who signed a request. */
export interface Caller {
  readonly account: Account;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
}

/** Temporary credentials out of AssumeRole. */
export interface RoleSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly arn: string;
  readonly userId: string;
  readonly accountId: string;
  readonly expiresMs: number;
}

/**
 * All accounts, and whose an access key is. Any key that was not issued here belongs to a user of the default account.
 */
export class Accounts {
  private readonly accounts = new Map<string, Account>();
  private readonly sessions = new Map<string, RoleSession>();

  constructor(
    private readonly defaultAccountId: string,
    private readonly clock: Clock,
    private readonly identifiers: Identifiers,
    private readonly settings: LiveSettings,
  ) {}

  get default(): Account {
    return this.account(this.defaultAccountId);
  }

  account(id: string): Account {
    let account = this.accounts.get(id);
    if (!account) {
      account = new Account(id, this.clock, this.identifiers, this.settings);
      this.accounts.set(id, account);
    }
    return account;
  }

  callerOf(accessKeyId: string): Caller {
    const session = this.sessions.get(accessKeyId);
    if (session)
      return { account: this.account(session.accountId), arn: session.arn, userId: session.userId, accessKeyId };
    return {
      account: this.default,
      arn: `arn:aws:iam::${this.defaultAccountId}:user/local`,
      userId: "AIDALOCALAWSUSER00000",
      accessKeyId,
    };
  }

  /** Issues temporary credentials for a role, in the account that the role's ARN names. */
  openSession(accountId: string, roleName: string, sessionName: string, durationSeconds: number): RoleSession {
    const roleId = `AROA${this.identifiers.token(17).toUpperCase()}`;
    const session: RoleSession = {
      accessKeyId: `ASIA${this.identifiers.token(16).toUpperCase()}`,
      secretAccessKey: this.identifiers.token(40),
      sessionToken: this.identifiers.token(120),
      arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
      userId: `${roleId}:${sessionName}`,
      accountId,
      expiresMs: this.clock.nowMs() + durationSeconds * 1000,
    };
    const nowMs = this.clock.nowMs();
    for (const other of this.sessions.values()) if (other.expiresMs <= nowMs) this.sessions.delete(other.accessKeyId);
    this.sessions.set(session.accessKeyId, session);
    return session;
  }
}
