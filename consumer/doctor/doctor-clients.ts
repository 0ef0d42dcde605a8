import { setTimeout as delay } from "node:timers/promises";
import { ChimeSDKVoiceClient } from "@aws-sdk/client-chime-sdk-voice";
import { IAMClient } from "@aws-sdk/client-iam";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { namedErrors } from "../../aws/call-error.js";
import { ThrottleGate, throughGate } from "../../aws/throttle-gate.js";
import { KinesisVideoClients } from "../kinesis-video/clients.js";
import { DataEndpoints } from "../kinesis-video/data-endpoints.js";

/** IAM is the same service everywhere, and who is asking is the same in every region. */
export const GLOBAL_REGION = "us-east-1";

const CONNECTION_TIMEOUT_MS = 3_000;
const MAX_ATTEMPTS = 3;

/** The clients of one examination, over one pool of connections: each call is bounded, and none changes anything. */
export class DoctorClients {
  readonly kinesisVideo: KinesisVideoClients;
  readonly dataEndpoints: DataEndpoints;
  readonly iam: IAMClient;
  readonly #handler: NodeHttpHandler;

  /** @param closing ends what still waits for its turn */
  constructor(
    private readonly environment: NodeJS.ProcessEnv,
    callTimeoutMs: number,
    private readonly closing: AbortSignal,
  ) {
    this.#handler = new NodeHttpHandler({
      connectionTimeout: Math.min(CONNECTION_TIMEOUT_MS, callTimeoutMs),
      socketTimeout: callTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets: 100 },
      httpsAgent: { keepAlive: true, maxSockets: 100 },
    });
    this.kinesisVideo = new KinesisVideoClients({
      connectionTimeoutMs: Math.min(CONNECTION_TIMEOUT_MS, callTimeoutMs),
      socketTimeoutMs: callTimeoutMs,
    });
    this.dataEndpoints = new DataEndpoints(this.kinesisVideo, undefined, { attempts: MAX_ATTEMPTS });
    this.iam = new IAMClient(this.#options(GLOBAL_REGION));
    this.iam.middlewareStack.use(namedErrors("iam", this.iam.config));
  }

  sts(region: string): STSClient {
    const client = new STSClient(this.#options(region));
    client.middlewareStack.use(namedErrors("sts", client.config));
    return client;
  }

  /** To be made once a region: its calls share a pace, as Chime's quota is one for all of them. */
  chime(region: string): ChimeSDKVoiceClient {
    const client = new ChimeSDKVoiceClient(this.#options(region));
    const sleep = async (ms: number) => void (await delay(ms, undefined, { signal: this.closing }));
    client.middlewareStack.use(throughGate(new ThrottleGate({ now: Date.now, sleep }), "chime", region));
    client.middlewareStack.use(namedErrors("chime", client.config));
    return client;
  }

  sqs(region: string): SQSClient {
    const client = new SQSClient(this.#options(region));
    client.middlewareStack.use(namedErrors("sqs", client.config));
    return client;
  }

  s3(region: string): S3Client {
    const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = this.environment;
    const client = new S3Client({
      ...this.#options(region),
      followRegionRedirects: true,
      forcePathStyle: Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL),
    });
    client.middlewareStack.use(namedErrors("s3", client.config));
    return client;
  }

  /** Closes all connections, those of calls that are still open among them. */
  destroy(): void {
    this.#handler.destroy();
    this.kinesisVideo.destroy();
  }

  #options(region: string) {
    return { region, requestHandler: this.#handler, maxAttempts: MAX_ATTEMPTS };
  }
}
