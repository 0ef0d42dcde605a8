import {
  CreateVoiceConnectorCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
  type StreamingConfiguration,
} from "@aws-sdk/client-chime-sdk-voice";
import { DescribeStreamCommand, UpdateDataRetentionCommand } from "@aws-sdk/client-kinesis-video";
import { type ListFragmentsCommandInput, paginateListFragments } from "@aws-sdk/client-kinesis-video-archived-media";
import { GetMediaCommand, type StartSelector } from "@aws-sdk/client-kinesis-video-media";
import { type CallLeg, type CallRequest, type LocalAwsOptions, startLocalAws } from "../../local-aws/index.js";
import { wavOf } from "../wav-of.js";
import { clientsOf } from "./clients.js";

/** A WAV file of noise that differs with the seed; every sample differs from its neighbours. */
export function wavFile(seed: number, samples: number): { wav: Buffer; pcm: Buffer } {
  const pcm = Buffer.alloc(samples * 2);
  for (let i = 0; i < samples; i++) pcm.writeInt16LE((Math.imul(i + 1, 40_503 * seed) & 0xffff) - 32_768, i * 2);
  return { wav: wavOf(pcm), pcm };
}

/** local-aws with one connector that streams; without limits, unless a test sets them. */
export async function openOffice(
  options: LocalAwsOptions & { region?: string; streaming?: Partial<StreamingConfiguration> } = {},
) {
  const { region = "us-east-1", streaming, settings, ...rest } = options;
  const aws = await startLocalAws({
    ...rest,
    settings: {
      getMediaIdleEndMs: 20,
      getMediaFragmentsPerSecond: 0,
      getMediaCallsPerSecond: 0,
      archiveFragmentsPerSecond: 0,
      dataEndpointCallsPerSecond: 0,
      ...settings,
    },
  });
  const clients = clientsOf(aws, region);
  const created = await clients.chime.send(
    new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: true }),
  );
  const voiceConnectorId = created.VoiceConnector!.VoiceConnectorId!;
  const putStreaming = (configuration: Partial<StreamingConfiguration> = {}) =>
    clients.chime.send(
      new PutVoiceConnectorStreamingConfigurationCommand({
        VoiceConnectorId: voiceConnectorId,
        StreamingConfiguration: { DataRetentionInHours: 24, Disabled: false, ...configuration },
      }),
    );
  await putStreaming(streaming);

  const caller = wavFile(3, 8_000 * 4 + 100);
  const callee = wavFile(5, 8_000 * 3);
  return {
    aws,
    clients,
    region,
    voiceConnectorId,
    caller,
    callee,
    putStreaming,
    call: (request: Partial<CallRequest> = {}) =>
      aws.control.call({ voiceConnectorId, callerWav: caller.wav, calleeWav: callee.wav, speed: "max", ...request }),
    /** What GetMedia gives until it ends. */
    async media(streamArn: string, selector: StartSelector = { StartSelectorType: "EARLIEST" }): Promise<Buffer> {
      const output = await clients.media.send(new GetMediaCommand({ StreamARN: streamArn, StartSelector: selector }));
      return bytesOf(output.Payload);
    },
    /** A call whose caller speaks for so many seconds; the caller's leg. */
    async longLeg(seconds: number): Promise<CallLeg> {
      const { wav } = wavFile(7, seconds * 8_000);
      const { legs } = await aws.control.call({
        voiceConnectorId,
        callerWav: wav,
        calleeWav: callee.wav,
        speed: "max",
      });
      return legs.find((leg) => leg.isCaller)!;
    },
    async setStreamRetention(StreamARN: string, hours: number): Promise<void> {
      const { StreamInfo } = await clients.kinesisVideo.send(new DescribeStreamCommand({ StreamARN }));
      const change = hours - StreamInfo!.DataRetentionInHours!;
      await clients.kinesisVideo.send(
        new UpdateDataRetentionCommand({
          StreamARN,
          CurrentVersion: StreamInfo!.Version,
          Operation: change > 0 ? "INCREASE_DATA_RETENTION" : "DECREASE_DATA_RETENTION",
          DataRetentionChangeInHours: Math.abs(change),
        }),
      );
    },
    /** Resolves when a stream has so many GetMedia connections. */
    async whenConnections(streamArn: string, count: number): Promise<void> {
      const current = () => aws.control.state().streams.find((stream) => stream.arn === streamArn)?.liveConnections;
      while (current() !== count) await new Promise((resolve) => setImmediate(resolve));
    },
    /** Fragment numbers as listed, page after page. */
    async listed(input: ListFragmentsCommandInput): Promise<string[]> {
      const numbers: string[] = [];
      for await (const page of paginateListFragments({ client: clients.archive }, input)) {
        numbers.push(...page.Fragments!.map((fragment) => fragment.FragmentNumber!));
      }
      return numbers;
    },
    /** Details of the events that wait in the queue. */
    // biome-ignore lint/suspicious/noExplicitAny: whatever events hold
    events(): any[] {
      const queue = aws.control.state().queues.find((candidate) => candidate.url === aws.env.QUEUE_URL);
      return queue!.bodies.map((body) => JSON.parse(body));
    },
    close: () => aws.close(),
  };
}

export type Office = Awaited<ReturnType<typeof openOffice>>;

/** A whole response body. */
export async function bytesOf(payload: unknown): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of payload as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
