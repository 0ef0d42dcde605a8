import { Accounts } from "./accounts.js";
import { CallLog, type RecordedCall } from "./call-log.js";
import { chimeService } from "./chime.js";
import { type Clock, systemClock } from "./clock.js";
import { Console } from "./console/console.js";
import { Control } from "./control.js";
import { Dispatcher } from "./dispatcher.js";
import { StreamingEvents } from "./events.js";
import type { AwsService } from "./exchange.js";
import { type ActiveFault, type FaultInput, Faults } from "./faults.js";
import { iamService } from "./iam.js";
import { type Identifiers, randomIdentifiers } from "./identifiers.js";
import { kinesisVideoService } from "./kinesis-video.js";
import type { CallResult, PhoneCall } from "./phone-call.js";
import { type CallRequest, PhoneExchange } from "./phone-exchange.js";
import type { Queue } from "./queue.js";
import { s3Service } from "./s3.js";
import { listen, serve } from "./server.js";
import { LiveSettings, type Settings, type SettingsPatch } from "./settings.js";
import { createQueue, sqsService } from "./sqs.js";
import { type LocalAwsState, stateOf } from "./state.js";
import { stsService } from "./sts.js";
import type { VoiceConnector } from "./voice-connector.js";
import type { World } from "./world.js";

export type { RecordedCall } from "./call-log.js";
export type { Clock } from "./clock.js";
export type { ActiveFault, Fault, FaultInput } from "./faults.js";
export type { Identifiers } from "./identifiers.js";
export type { CallLeg, CallResult, PhoneCall } from "./phone-call.js";
export { type CallHold, CallRefused, type CallRequest } from "./phone-exchange.js";
export type { Settings, SettingsPatch } from "./settings.js";
export type { LocalAwsState } from "./state.js";
export { type VoiceConnector, voiceConnectorRegions } from "./voice-connector.js";

/** Streaming events of all regions arrive in this queue. */
const EVENTS_QUEUE = "chime-voice-streaming-events";
const EVENTS_REGION = "us-east-1";
const MAX_RECEIVE_COUNT = 5;

export interface LocalAwsOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Default 123456789012. */
  accountId?: string;
  /** Limits and delays; each default is the real service's. */
  settings?: SettingsPatch;
  /** Default: the system's. */
  clock?: Clock;
  /** Default: random ones. */
  identifiers?: Identifiers;
}

/** What the control API does over HTTP, without HTTP. */
export interface LocalAwsControl {
  state(): LocalAwsState;
  /** API calls received, oldest first. */
  calls(): RecordedCall[];
  clearCalls(): void;
  /** @returns the fault's id */
  addFault(fault: FaultInput): string;
  faults(): readonly Readonly<ActiveFault>[];
  /** Clears one fault, or all. */
  clearFaults(id?: string): void;
  /** Changes settings, for requests that are already running, too. */
  change(patch: SettingsPatch): Readonly<Settings>;
  /** Makes a Voice Connector that does not stream yet; the same as CreateVoiceConnector. */
  createVoiceConnector(region: string, name?: string): VoiceConnector;
  /** Begins a phone call. @throws CallRefused */
  startCall(request: CallRequest): PhoneCall;
  /** Plays a phone call to its end. @throws CallRefused */
  call(request: CallRequest): Promise<CallResult>;
}

export interface LocalAws {
  /** `http://127.0.0.1:<port>`: the endpoint of every service in every region. */
  readonly endpoint: string;
  /** A page for a browser that shows what goes on, live. */
  readonly console: string;
  /** Environment for SDKs, the AWS CLI and the worker. */
  readonly env: Record<string, string>;
  readonly control: LocalAwsControl;
  /** Hangs up, ends every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts the embedded AWS: one HTTP server on 127.0.0.1 that answers Chime SDK Voice, IAM, STS, Kinesis Video Streams,
 * SQS and S3 as the services do, for any credentials and for every region.
 * @throws the system's error where the port is taken (`EADDRINUSE`); ZodError for wrong settings
 */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const { clock = systemClock, identifiers = randomIdentifiers, accountId = "123456789012" } = options;
  const settings = new LiveSettings(options.settings);
  const faults = new Faults();
  const log = new CallLog();
  const accounts = new Accounts(accountId, clock, identifiers, settings);
  const { server, endpoint } = await listen(options.port ?? 0);
  const world: World = { endpoint, clock, identifiers, settings, faults, accounts };
  const services = new Map<string, AwsService>([
    ["chime", chimeService(world)],
    ["iam", iamService(world)],
    ["sts", stsService(world)],
    ["kinesisvideo", kinesisVideoService(world)],
    ["sqs", sqsService(world)],
    ["s3", s3Service(world)],
  ]);
  const eventQueues = createEventQueues(world);
  const events = new StreamingEvents(world, eventQueues.events);
  const exchange = new PhoneExchange(world, events);
  const control = new Control(world, log, exchange);
  serve(server, world, {
    dispatcher: new Dispatcher(world, services, log),
    control,
    console: new Console({ world, log, exchange, events, eventQueues }),
  });

  return {
    endpoint,
    console: `${endpoint}/`,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: EVENTS_REGION,
      AWS_DEFAULT_REGION: EVENTS_REGION,
      AWS_ACCESS_KEY_ID: "AKIALOCALAWS00000000",
      AWS_SECRET_ACCESS_KEY: "local-aws",
      QUEUE_URL: eventQueues.events.url,
      DEAD_LETTER_QUEUE_URL: eventQueues.deadLetters.url,
    },
    control: {
      state: () => stateOf(world),
      calls: () => log.list(),
      clearCalls: () => log.clear(),
      addFault: (fault) => faults.add([fault])[0]!,
      faults: () => faults.list(),
      clearFaults: (id) => faults.clear(id),
      change: (patch) => settings.change(patch),
      createVoiceConnector: (region, name) => control.createVoiceConnector(region, name),
      startCall: (request) => exchange.start(request),
      call: async (request) => exchange.start(request).ended,
    },
    close: async () => {
      await exchange.hangUpAll();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
    },
  };
}

function createEventQueues(world: World): { events: Queue; deadLetters: Queue } {
  const accountId = world.accounts.default.id;
  const deadLetters = createQueue(world, accountId, EVENTS_REGION, `${EVENTS_QUEUE}-dlq`);
  const events = createQueue(world, accountId, EVENTS_REGION, EVENTS_QUEUE);
  events.redrive = { deadLetterTargetArn: deadLetters.arn, maxReceiveCount: MAX_RECEIVE_COUNT };
  return { events, deadLetters };
}
