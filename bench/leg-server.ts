// local-aws with one long leg in its archive: a process of its own, as the service is to its readers. Its limits on archived media
// are off. Prints one line of JSON, a `ServedLeg`, when it is ready, and ends with its standard input, so that it never outlives
// who started it. Argument: minutes.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { ChimeSDKVoiceClient, PutVoiceConnectorStreamingConfigurationCommand } from "@aws-sdk/client-chime-sdk-voice";
import { startLocalAws } from "../local-aws/index.js";
import { wavOf } from "../test/wav-of.js";
import { noiseSource } from "./leg-input.js";
import type { ServedLeg } from "./served-leg.js";

// The SDK prints this on Node 20 at every start.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const REGION = "us-east-1";
const BYTES_PER_MINUTE = 60 * 16_000;

async function main(minutes: number): Promise<void> {
  const aws = await startLocalAws({ settings: { archiveFragmentsPerSecond: 0, dataEndpointCallsPerSecond: 0 } });
  const { endpoint, env, control } = aws;
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! };
  const chime = new ChimeSDKVoiceClient({ endpoint, region: REGION, credentials });
  const { id: voiceConnectorId } = control.createVoiceConnector(REGION);
  await chime.send(
    new PutVoiceConnectorStreamingConfigurationCommand({
      VoiceConnectorId: voiceConnectorId,
      StreamingConfiguration: { DataRetentionInHours: 24, Disabled: false },
    }),
  );
  chime.destroy();

  const pcm = noiseSource()(minutes * BYTES_PER_MINUTE);
  const { transactionId, legs } = await control.call({
    voiceConnectorId,
    callerWav: wavOf(pcm),
    calleeWav: wavOf(Buffer.alloc(16_000)),
    speed: "max",
  });
  const { streamArn, startFragmentNumber, endTime } = legs.find(({ isCaller }) => isCaller)!;
  const stream = control.state().streams.find(({ arn }) => arn === streamArn)!;
  const served: ServedLeg = {
    endpoint,
    env,
    region: REGION,
    streamArn,
    transactionId,
    startFragmentNumber,
    endTime,
    fragmentNumbers: stream.fragments.map(({ number }) => number),
    pcmBytes: pcm.length,
    pcmSha256: createHash("sha256").update(pcm).digest("hex"),
  };
  process.stdout.write(`${JSON.stringify(served)}\n`);
  await once(process.stdin.resume(), "end");
  await aws.close();
}

main(Number(process.argv[2])).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
