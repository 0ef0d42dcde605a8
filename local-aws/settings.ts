import { z } from "zod";

/** Limits and delays of the embedded services; each default is the real service's, where that is known. */
export interface Settings {
  /**
   * Chime calls a second, all of an account in a region together; 0: no limit. The service's quota is not published: 10 is an
   * assumption, on the low side.
   */
  chimeCallsPerSecond: number;
  /** Calls a second of each of ListStreams, DeleteStream and UpdateDataRetention, by account and region; 0: no limit. Service: 50. */
  streamControlCallsPerSecond: number;
  /** GetDataEndpoint calls a second and stream; 0: no limit. Service: 5. */
  dataEndpointCallsPerSecond: number;
  /** GetMedia calls a second and stream; 0: no limit. Service: 5. */
  getMediaCallsPerSecond: number;
  /** GetMedia ends this long after the last fragment arrived. Service: about 3 s (observed). */
  getMediaIdleEndMs: number;
  /** Fragments a second that one GetMedia connection gets; 0: no limit. Service: 5. */
  getMediaFragmentsPerSecond: number;
  /** GetMedia ends without an error after this long. Service: 45 minutes. */
  getMediaSessionMs: number;
  /** Service: 3. */
  getMediaConnectionsPerStream: number;
  /** Fragments a second, all archive reads of a stream together; 0: no limit. Service: 500. */
  archiveFragmentsPerSecond: number;
  /** Service: 5. */
  archiveConnectionsPerStream: number;
  /**
   * ListFragments shows a fragment this long after it was ingested; with more than 0, ENDED comes before the last one
   * is listed. Service: typically under a second.
   */
  listFragmentsLagMs: number;
  /** How long an hour of a stream's retention lasts: shorten it to see media expire. */
  retentionHourMs: number;
  /**
   * How GetMediaForFragmentList spells its timestamp tags: as its documentation does (`..._SERVER_SIDE_TIMESTAMP`), or
   * as GetMedia does.
   */
  archiveTagSpelling: "documented" | "asGetMedia";
  /** What all streams may hold together, in this process's memory; a call that would not fit is refused. */
  storedMediaBytes: number;
  /** At retention 0, what the service's host keeps. Service: 5 minutes and 200 MB. */
  hostBufferMs: number;
  hostBufferBytes: number;
  /**
   * A producer's PutMedia connection ends after this much media; it sends the last fragments again. Service: 45
   * minutes.
   */
  producerSessionMs: number;
  /** How much media a producer sends again in its next session: whole fragments, or with `anew` whole blocks. */
  producerReplayMs: number;
  /**
   * Whether the fragments that a producer sends again are the ones that it sent, or are cut anew from where the replay begins,
   * and all that follow with them. Not documented; consumers must bear both.
   */
  producerReplayCut: "sameFragments" | "anew";
  /** Media in one fragment. */
  fragmentMs: number;
  /**
   * The called party's leg starts this long after the caller's; negative: before it. Published samples: 1.755 s apart.
   */
  legOffsetMs: number;
  /** Server timestamp minus the end of the fragment at the producer. */
  ingestionLatencyMs: number;
  /** A role's deletion is decided by this many status calls ... */
  roleDeletionPolls: number;
  /** ... or after this long, whichever comes first. */
  roleDeletionMs: number;
  /** What Get answers for a connector whose streaming was never configured: neither is documented. */
  missingStreamingConfiguration: "notFound" | "empty";
}

export type SettingsPatch = Partial<Settings>;

const milliseconds = z.number().int().min(0);

const settingsSchema: z.ZodType<Settings, SettingsPatch> = z.strictObject({
  chimeCallsPerSecond: z.number().min(0).default(10),
  streamControlCallsPerSecond: z.number().min(0).default(50),
  dataEndpointCallsPerSecond: z.number().min(0).default(5),
  getMediaCallsPerSecond: z.number().min(0).default(5),
  getMediaIdleEndMs: milliseconds.default(3_000),
  getMediaFragmentsPerSecond: z.number().min(0).default(5),
  getMediaSessionMs: milliseconds.default(45 * 60_000),
  getMediaConnectionsPerStream: z.number().int().min(1).default(3),
  archiveFragmentsPerSecond: z.number().min(0).default(500),
  archiveConnectionsPerStream: z.number().int().min(1).default(5),
  listFragmentsLagMs: milliseconds.default(0),
  retentionHourMs: z.number().int().min(1).default(3_600_000),
  archiveTagSpelling: z.enum(["documented", "asGetMedia"]).default("documented"),
  storedMediaBytes: z
    .number()
    .int()
    .min(1)
    .default(1024 ** 3),
  hostBufferMs: milliseconds.default(5 * 60_000),
  hostBufferBytes: z.number().int().min(1).default(200_000_000),
  producerSessionMs: z
    .number()
    .int()
    .min(1_000)
    .default(45 * 60_000),
  producerReplayMs: milliseconds.default(2_000),
  producerReplayCut: z.enum(["sameFragments", "anew"]).default("sameFragments"),
  fragmentMs: z.number().int().min(64).max(20_000).default(1_024),
  legOffsetMs: z.number().int().min(-60_000).max(60_000).default(1_755),
  ingestionLatencyMs: milliseconds.default(120),
  roleDeletionPolls: z.number().int().min(0).default(3),
  roleDeletionMs: milliseconds.default(1_000),
  missingStreamingConfiguration: z.enum(["notFound", "empty"]).default("notFound"),
});

/** The settings in force; a patch applies to requests that are already running, too. */
export class LiveSettings {
  private values: Settings;

  constructor(patch: SettingsPatch = {}) {
    this.values = settingsSchema.parse(patch);
  }

  get current(): Readonly<Settings> {
    return this.values;
  }

  change(patch: unknown): Readonly<Settings> {
    this.values = settingsSchema.parse({ ...this.values, ...z.record(z.string(), z.unknown()).parse(patch) });
    return this.values;
  }
}
