import { voiceConnectorRegions } from "../../aws/voice-connector.js";
import { packageVersion } from "../package-version.js";
import { lookAtAccount } from "./account-look.js";
import { Asking } from "./asking.js";
import { judgeConnectors } from "./connectors-judgement.js";
import { type ListingError, lookAtConnectors } from "./connectors-look.js";
import { findConsumers, judgeConsumers, lookAtQueue } from "./consumers-look.js";
import type { ConnectorFacts, ConsumerFacts, Diagnosis, RecordingsFacts, RegionFacts, RoleFacts } from "./diagnosis.js";
import { DoctorClients, GLOBAL_REGION } from "./doctor-clients.js";
import type { Examination } from "./examination.js";
import { Findings } from "./findings.js";
import { lookAtRecordings } from "./recordings-look.js";
import { judgeRole, lookAtRole } from "./role-look.js";
import { lookAtStreams } from "./streams-look.js";

export interface ExamineOptions {
  /** Regions to look at. Default: all that have Voice Connectors. */
  regions?: readonly string[];
  /** Of the events, where no `CallAudioConsumer` made it or it cannot be found. */
  queueUrl?: string;
  /** `s3://bucket/prefix`. Default: where the consumers that were found put recordings. */
  recordings?: string;
  /** For one call with its retries. Default 5 s. */
  callTimeoutMs?: number;
  /** For everything. What is not answered by then is reported so. Default 30 s. */
  timeoutMs?: number;
  environment?: NodeJS.ProcessEnv;
  /** Ends the examination with an error. */
  signal?: AbortSignal;
}

const REGION_IN_QUEUE_URL = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/;
const UNKNOWN_ROLE: RoleFacts = { state: "unknown", claimedBy: [] };

interface RegionLook {
  facts: RegionFacts;
  connectors: ConnectorFacts[];
  consumers: ConsumerFacts[];
}

/**
 * Looks at all that calls go through on their way to a recording, and says what is wrong. Nothing is changed, no message is received,
 * and whatever AWS does not answer is a finding: the rest is told all the same. Rejects where `signal` is aborted, else for no reason
 * of AWS'.
 */
export async function examine(options: ExamineOptions = {}): Promise<Diagnosis> {
  const { regions = voiceConnectorRegions, callTimeoutMs = 5_000, timeoutMs = 30_000 } = options;
  const { environment = process.env, signal } = options;
  const { version } = packageVersion();
  const closing = new AbortController();
  const timer = setTimeout(() => closing.abort(), timeoutMs);
  const abort = () => closing.abort();
  signal?.addEventListener("abort", abort, { once: true });
  const findings = new Findings();
  const asking = new Asking(findings, callTimeoutMs, closing.signal);
  const clients = new DoctorClients(environment, callTimeoutMs, closing.signal);
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined;
  const exam: Examination = { clients, asking, findings, environment, nowMs: Date.now(), region };
  try {
    const { isUsable, account } = await lookAtAccount(exam);
    const places = new RecordingPlaces(exam);
    const [role, looks, named] = isUsable
      ? await Promise.all([
          asking.within({ action: "iam:GetRole", region: GLOBAL_REGION }, () => lookAtRole(exam), UNKNOWN_ROLE),
          Promise.all(regions.map((each) => lookAtRegion(exam, each, places, options))),
          lookAtNamed(exam, places, options),
        ])
      : [UNKNOWN_ROLE, [], []];
    const connectors = looks.flatMap((look) => look.connectors);
    const consumers = [...looks.flatMap((look) => look.consumers), ...named];
    const recordings = await places.all();
    signal?.throwIfAborted();

    judgeRole(exam, role, connectors);
    judgeConnectors(exam, connectors, consumers);
    const streaming = connectors.filter((connector) => connector.streaming === "on").map((each) => each.region);
    judgeConsumers(exam, consumers, [...new Set(streaming)], version);
    const isRefused = asking.answered === 0;
    if (isUsable) judgeWhole(exam, looks, connectors, isRefused);
    asking.reportDenials();
    const list = findings.list();
    return {
      version,
      at: new Date(exam.nowMs).toISOString(),
      ...(account && { account }),
      role,
      regions: looks.map(({ facts }) => facts),
      connectors,
      consumers,
      recordings,
      findings: list,
      problems: list.filter(({ level }) => level === "problem").length,
      warnings: list.filter(({ level }) => level === "warning").length,
      isRefused,
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    closing.abort();
    clients.destroy();
  }
}

function lookAtRegion(
  exam: Examination,
  region: string,
  places: RecordingPlaces,
  options: ExamineOptions,
): Promise<RegionLook> {
  const facts: RegionFacts = { region, state: "not looked at", connectors: 0 };
  const nothing: RegionLook = { facts, connectors: [], consumers: [] };
  const look = () => lookAround(exam, region, places, options);
  return exam.asking.within({ action: "the look at the region", region }, look, nothing);
}

async function lookAround(
  exam: Examination,
  region: string,
  places: RecordingPlaces,
  options: ExamineOptions,
): Promise<RegionLook> {
  const look = await lookAtConnectors(exam, region);
  if (look.error) {
    const state = reportListing(exam, region, look.error, options.regions !== undefined);
    return { facts: { region, state, connectors: 0 }, connectors: [], consumers: [] };
  }
  const { connectors } = look;
  const isStreaming = connectors.some(({ streaming }) => streaming === "on");
  const [, consumers] = await Promise.all([
    lookAtStreams(exam, region, connectors),
    isStreaming && !options.queueUrl ? consumersIn(exam, region, places, options) : [],
  ]);
  const isWhole = connectors.every(({ streaming, streams }) => streaming !== "unknown" && streams !== undefined);
  const facts = { region, state: isWhole ? "looked at" : "partly", connectors: connectors.length } as const;
  return { facts, connectors, consumers };
}

async function consumersIn(
  exam: Examination,
  region: string,
  places: RecordingPlaces,
  { recordings }: ExamineOptions,
): Promise<ConsumerFacts[]> {
  const consumers = await findConsumers(exam, region);
  // Looked at as soon as they are known: another region may take all the time there is.
  for (const consumer of recordings ? [] : consumers) await places.lookAt(consumer.recordings, region);
  return consumers;
}

/** The queue and the recordings that were named. */
async function lookAtNamed(
  exam: Examination,
  places: RecordingPlaces,
  { queueUrl, recordings, regions }: ExamineOptions,
): Promise<ConsumerFacts[]> {
  const own = exam.region ?? GLOBAL_REGION;
  const given = places.lookAt(recordings, own);
  if (!queueUrl) return given.then(() => []);
  const region = REGION_IN_QUEUE_URL.exec(queueUrl)?.[1] ?? regions?.[0] ?? own;
  const look = async () => {
    const consumer = await lookAtQueue(exam, region, queueUrl);
    if (!recordings) await places.lookAt(consumer.recordings, region);
    return [consumer];
  };
  const [consumers] = await Promise.all([
    exam.asking.within({ action: "sqs:GetQueueAttributes", region }, look, []),
    given,
  ]);
  return consumers;
}

/** Consumers of several regions may have one bucket, which is looked at once. */
class RecordingPlaces {
  readonly #looks = new Map<string, Promise<RecordingsFacts | undefined>>();

  constructor(private readonly exam: Examination) {}

  async lookAt(location: string | undefined, region: string): Promise<void> {
    if (location === undefined) return;
    const look = () => lookAtRecordings(this.exam, region, location);
    const known = this.#looks.get(location);
    const looking = known ?? this.exam.asking.within({ action: "s3:ListBucket", region }, look, undefined);
    this.#looks.set(location, looking);
    await looking;
  }

  async all(): Promise<RecordingsFacts[]> {
    return (await Promise.all(this.#looks.values())).filter((look) => look !== undefined);
  }
}

/** AWS does not know credentials, good as they are, in a region that the account has not enabled. */
function reportListing(
  { asking, findings }: Examination,
  region: string,
  { question, cause }: ListingError,
  isAskedFor: boolean,
): RegionFacts["state"] {
  if (cause.kind !== "badCredentials") {
    asking.report(question, cause);
    return "not looked at";
  }
  if (isAskedFor) {
    const next = `enable it: aws account enable-region --region-name ${region}; or leave it out`;
    findings.add("DOCTOR_REGION_NOT_ENABLED", region, `the region refuses the credentials (${cause.code})`, next);
  }
  return "not enabled";
}

function judgeWhole(
  { findings }: Examination,
  looks: readonly RegionLook[],
  connectors: readonly ConnectorFacts[],
  isRefused: boolean,
): void {
  const seen = looks.filter(({ facts }) => facts.state === "looked at" || facts.state === "partly");
  if (isRefused || seen.length === 0) {
    const next = "see the other findings: they say what to allow, or what to check";
    findings.add("DOCTOR_NOTHING_SEEN", undefined, "the Voice Connectors of no region could be looked at", next);
    return;
  }
  // What was not seen may be what streams.
  if (seen.length < looks.filter(({ facts }) => facts.state !== "not enabled").length) return;
  if (connectors.length === 0) {
    const where = looks.length === 1 ? looks[0]!.facts.region : undefined;
    const next = "make one (aws chime-sdk-voice create-voice-connector, or aws.chime.VoiceConnector); or see --region";
    findings.add("DOCTOR_NO_CONNECTORS", where, "there is no Voice Connector", next);
  } else if (connectors.every(({ streaming }) => streaming === "off" || streaming === "disabled")) {
    const next = "switch streaming on: see the findings of each connector";
    findings.add("DOCTOR_NOTHING_STREAMS", undefined, "no Voice Connector streams", next);
  }
}
