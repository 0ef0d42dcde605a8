import { setTimeout as sleep } from "node:timers/promises";
import { type CallResult, startLocalAws } from "../local-aws/index.js";
import { callSeconds, LegSpeech } from "./live-legs-speech.js";

/** What this process is told by its parent. */
export interface ServerOrder {
  calls: number;
  seconds: number;
  /** The calls begin evenly within this time. */
  rampSeconds: number;
}

/** What it tells, in this order; `calls` as the calls are ordered. */
export type ServerNews =
  | { kind: "ready"; env: Record<string, string> }
  | { kind: "allBegun" }
  | { kind: "oneEnded" }
  | { kind: "done"; calls: CallResult[] };

const REGION = "us-east-1";

function tell(news: ServerNews): void {
  process.send?.(news);
}

async function openOffice(endpoint: string, env: Record<string, string>): Promise<string> {
  Object.assign(process.env, env);
  const { ChimeSDKVoiceClient, CreateVoiceConnectorCommand, PutVoiceConnectorStreamingConfigurationCommand } =
    await import("@aws-sdk/client-chime-sdk-voice");
  const chime = new ChimeSDKVoiceClient({ region: REGION, endpoint });
  const { VoiceConnector } = await chime.send(
    new CreateVoiceConnectorCommand({ Name: "bench", RequireEncryption: false }),
  );
  const VoiceConnectorId = VoiceConnector!.VoiceConnectorId!;
  const StreamingConfiguration = { DataRetentionInHours: 1, Disabled: false };
  await chime.send(new PutVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId, StreamingConfiguration }));
  chime.destroy();
  return VoiceConnectorId;
}

/** local-aws with its real limits, and the calls of a run in real time. */
async function serve({ calls, seconds, rampSeconds }: ServerOrder): Promise<void> {
  const speech = new LegSpeech(2 * calls, Math.ceil(seconds * 1.5));
  const aws = await startLocalAws({ settings: { ingestionLatencyMs: 0, storedMediaBytes: 8 * 1024 ** 3 } });
  const voiceConnectorId = await openOffice(aws.endpoint, aws.env);
  tell({ kind: "ready", env: aws.env });
  const ended: Promise<CallResult>[] = [];
  const begunMs = performance.now();
  for (let call = 0; call < calls; call++) {
    const dueMs = begunMs + (call * rampSeconds * 1000) / calls;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    const lasts = callSeconds(call, seconds);
    const callerWav = speech.wav(2 * call, lasts);
    const calleeWav = speech.wav(2 * call + 1, lasts);
    ended.push(aws.control.startCall({ voiceConnectorId, callerWav, calleeWav, speed: 1 }).ended);
  }
  tell({ kind: "allBegun" });
  void Promise.race(ended).then(() => tell({ kind: "oneEnded" }));
  tell({ kind: "done", calls: await Promise.all(ended) });
  // The worker is not done when the calls are.
  await new Promise((resolve) => process.once("message", resolve));
  await aws.close();
  process.disconnect();
}

process.once("message", (order: ServerOrder) => {
  serve(order).catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  });
});
