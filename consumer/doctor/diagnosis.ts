import type { Finding } from "./findings.js";

/** Who is asking. */
export interface AccountFacts {
  accountId: string;
  /** Of the user or the role. */
  arn: string;
  /** Where the credentials come from, e.g. `the environment`, `the profile prod`. */
  source: string;
  /** ISO 8601. Absent where they do not expire, or nothing says when. */
  expiresAt?: string;
}

/** The service-linked role that Chime streams with. */
export interface RoleFacts {
  state: "there" | "missing" | "unknown";
  arn?: string;
  /** ISO 8601. */
  createdAt?: string;
  /** ISO 8601; IAM tells it some hours late, and not of every role. */
  lastUsedAt?: string;
  /** Resources that want it to be there, as `<organization>/<project>/<stack>/<name>`. */
  claimedBy: string[];
}

/** `off`: no configuration. `disabled`: a configuration that streams nothing. */
export type StreamingState = "on" | "off" | "disabled" | "unknown";

export interface ConnectorFacts {
  region: string;
  voiceConnectorId: string;
  name: string;
  streaming: StreamingState;
  /** 0: nothing is kept. Absent where streaming is off or unknown; so are the next two. */
  dataRetentionInHours?: number;
  notificationTargets?: string[];
  mediaInsights?: { configurationArn: string; disabled: boolean };
  /** The stack that manages it, by its tags. Absent where none does, or the tags cannot be seen. */
  owner?: { stack: string; name: string };
  /** Absent where streams cannot be listed. */
  streams?: StreamsFacts;
}

/** A connector's Kinesis Video Streams. */
export interface StreamsFacts {
  count: number;
  /** With another retention than the connector's configuration; 0 where there is none to compare with. */
  otherRetention: number;
  /** With a retention of 0. */
  keepNothing: number;
  /** How many of them were asked for their newest fragment. */
  asked: number;
  /** ISO 8601, by the server's clock: of the streams that were asked. */
  newestFragmentAt?: string;
}

/** What became of a look at a region. */
export interface RegionFacts {
  region: string;
  /** `partly`: some calls were not answered, see the findings. */
  state: "looked at" | "partly" | "not enabled" | "not looked at";
  connectors: number;
}

/** A queue that events arrive in. */
export interface ConsumerFacts {
  region: string;
  queueUrl: string;
  /** Of the component that made it, by the queue's tag. */
  name?: string;
  /** Of this package when it was deployed, by the queue's tag. */
  version?: string;
  mode?: string;
  /** Messages that wait, that are being worked on, and whose time has not come. Absent where the queue cannot be asked. */
  messages?: { waiting: number; inFlight: number; delayed: number };
  deadLetters?: number;
  /** `s3://bucket/prefix` */
  recordings?: string;
}

/** A place with recordings, and with marks of legs that nobody has recorded yet. */
export interface RecordingsFacts {
  /** `s3://bucket/prefix` */
  location: string;
  /** Sidecars of legs and calls, of those that were listed. */
  sidecars: number;
  /** ISO 8601, of those that were listed. */
  newestAt?: string;
  /** Legs that have begun or ended, and are not recorded. */
  unrecordedLegs: number;
  /** ISO 8601: the last time an event of a leg that is not recorded yet was heard. */
  newestMarkAt?: string;
  oldestMarkAt?: string;
  /** There are more objects than were listed. */
  isCutShort: boolean;
}

/** All that `doctor` found. */
export interface Diagnosis {
  /** Of this package. */
  version: string;
  /** ISO 8601. */
  at: string;
  /** Absent where AWS did not say. */
  account?: AccountFacts;
  role: RoleFacts;
  regions: RegionFacts[];
  connectors: ConnectorFacts[];
  consumers: ConsumerFacts[];
  recordings: RecordingsFacts[];
  findings: Finding[];
  problems: number;
  warnings: number;
  /** AWS answered nothing but, at most, who is asking. */
  isRefused: boolean;
}
