import type { RecordedCall } from "../call-log.js";
import type { RecordedEvent } from "../event-log.js";
import type { ActiveFault, FaultKind } from "../faults.js";

/** A fault that the console can switch on. */
export interface FaultPreset {
  kind: FaultKind;
  group: "calls" | "media" | "legs" | "events";
  title: string;
  /** What it does, in plain words. */
  effect: string;
  /** Of the fault, beside `kind`; `actions` where it can be told which calls it strikes. */
  parameters: Record<string, unknown>;
}

/** What does not change while local-aws runs. */
export interface EmulatorView {
  /** When it began to listen: one that was started again at the same address has another. */
  startedMs: number;
  endpoint: string;
  accountId: string;
  /** The regions that have Voice Connectors. */
  regions: readonly string[];
  faultPresets: readonly FaultPreset[];
}

export interface RoleView {
  name: string;
  state: "absent" | "present" | "deleting";
  createdMs?: number;
  /** Until then, reads do not find it. */
  hiddenUntilMs?: number;
  /** What kept its last deletion from succeeding: ARNs of resources. */
  usedBy: string[];
  tags: Record<string, string>;
}

export interface ConnectorView {
  id: string;
  name: string;
  region: string;
  state: "off" | "on" | "disabled";
  /** The rest is there unless it is off. */
  dataRetentionInHours?: number;
  targets?: string[];
  /** ARN of the media insights configuration, where one is enabled. */
  mediaInsights?: string;
  tags: Record<string, string>;
}

export interface StreamView {
  name: string;
  region: string;
  dataRetentionInHours: number;
  fragments: number;
  bytes: number;
  /** When the newest fragment arrived. */
  newestMs?: number;
  liveConnections: number;
  archiveConnections: number;
  /** ARN of who read media last. */
  lastReader?: string;
}

/** A list of which only so many are shown. */
export interface Shown<T> {
  total: number;
  shown: T[];
}

export interface LegView {
  side: "caller" | "callee";
  streamName: string;
  /** Where in its audio the leg is, in milliseconds: negative before its start, beyond `lengthMs` after its end. */
  positionMs: number;
  lengthMs: number;
  /** Loudness, 0 to 127, of `binMs` each; the first one begins at `firstMs`. */
  peaks: number[];
  firstMs: number;
  binMs: number;
  /** Fragments that were sent, where they touch the peaks: of a call that is over, only those that were lost. */
  fragments: { fromMs: number; toMs: number; isLost: boolean }[];
}

export interface PhoneCallView {
  transactionId: string;
  voiceConnectorId: string;
  isOver: boolean;
  ageMs: number;
  /** How much of it is shown, ending now; of a call that is over, all. */
  windowMs: number;
  /** How much faster than life it is played; null: at once. */
  speed: number | null;
  legs: LegView[];
  failures: { side: "caller" | "callee"; reason: string }[];
}

/** The newest entries of a journal, each with its number: those that were not yet told. */
export interface JournalView<T> {
  /** Entries with lower numbers are forgotten. */
  first: number;
  added: (T & { number: number })[];
}

/** Everything that a console shows. */
export interface ConsoleView {
  emulator: EmulatorView;
  role: RoleView;
  connectors: Shown<ConnectorView> & { streaming: number };
  streams: Shown<StreamView>;
  phoneCalls: Shown<PhoneCallView>;
  queue: { visible: number; inFlight: number; deadLetters: number };
  faults: { active: readonly Readonly<ActiveFault>[]; struckByKind: Partial<Record<FaultKind, number>> };
  events: JournalView<RecordedEvent>;
  apiCalls: JournalView<RecordedCall>;
}

/** One message to a console: what changed, and the emulator's time. */
export type ConsoleUpdate = Partial<ConsoleView> & { nowMs: number };
