import { z } from "zod";

const milliseconds = z.number().int().min(0);

const settingsSchema = z.strictObject({
  /** GetDataEndpoint calls a second and stream; 0: no limit. Service: 5. */
  dataEndpointCallsPerSecond: z.number().min(0).default(5),
  /** GetMedia calls a second and stream; 0: no limit. Service: 5. */
  getMediaCallsPerSecond: z.number().min(0).default(5),
  /** GetMedia ends this long after the last fragment arrived. Service: about 3 s (observed). */
  getMediaIdleEndMs: milliseconds.default(3_000),
  /** Fragments a second that one GetMedia connection gets; 0: no limit. Service: 5. */
  getMediaFragmentsPerSecond: z.number().min(0).default(5),
  /** GetMedia ends without an error after this long. Service: 45 minutes. */
  getMediaSessionMs: milliseconds.default(45 * 60_000),
  /** Service: 3. */
  getMediaConnectionsPerStream: z.number().int().min(1).default(3),
  /** Fragments a second, all archive reads of a stream together; 0: no limit. Service: 500. */
  archiveFragmentsPerSecond: z.number().min(0).default(500),
  /** Service: 5. */
  archiveConnectionsPerStream: z.number().int().min(1).default(5),
  /**
   * ListFragments shows a fragment this long after it was ingested; with more than 0, ENDED comes before the last one
   * is listed. Service: typically under a second.
   */
  listFragmentsLagMs: milliseconds.default(0),
  /** How long an hour of a stream's retention lasts: shorten it to see media expire. */
  retentionHourMs: z.number().int().min(1).default(3_600_000),
  /**
   * How GetMediaForFragmentList spells its timestamp tags: as its documentation does (`..._SERVER_SIDE_TIMESTAMP`), or
   * as GetMedia does.
   */
  archiveTagSpelling: z.enum(["documented", "asGetMedia"]).default("documented"),
  /** At retention 0, what the service's host keeps. Service: 5 minutes and 200 MB. */
  hostBufferMs: milliseconds.default(5 * 60_000),
  hostBufferBytes: z.number().int().min(1).default(200_000_000),
  /**
   * A producer's PutMedia connection ends after this much media; it sends the last fragments again. Service: 45
   * minutes.
   */
  producerSessionMs: z
    .number()
    .int()
    .min(1_000)
    .default(45 * 60_000),
  /** How much media a producer sends again in its next session. */
  producerReplayMs: milliseconds.default(2_000),
  /** Media in one fragment. */
  fragmentMs: z.number().int().min(64).max(20_000).default(1_024),
  /**
   * The called party's leg starts this long after the caller's; negative: before it. Published samples: 1.755 s apart.
   */
  legOffsetMs: z.number().int().min(-60_000).max(60_000).default(1_755),
  /** Server timestamp minus the end of the fragment at the producer. */
  ingestionLatencyMs: milliseconds.default(120),
  /** A role's deletion is decided by this many status calls ... */
  roleDeletionPolls: z.number().int().min(0).default(3),
  /** ... or after this long, whichever comes first. */
  roleDeletionMs: milliseconds.default(1_000),
  /** What Get answers for a connector whose streaming was never configured: neither is documented. */
  missingStreamingConfiguration: z.enum(["notFound", "empty"]).default("notFound"),
});

/** Limits and delays of the embedded services; each default is the real service's, where that is known. */
export type Settings = z.infer<typeof settingsSchema>;

export type SettingsPatch = z.input<typeof settingsSchema>;

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
