import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { KinesisVideoClient, type KinesisVideoClientConfig } from "@aws-sdk/client-kinesis-video";
import { KinesisVideoArchivedMediaClient } from "@aws-sdk/client-kinesis-video-archived-media";
import { KinesisVideoMediaClient } from "@aws-sdk/client-kinesis-video-media";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Pluggable } from "@smithy/types";
import { namedErrors } from "../../aws/call-error.js";
import { renewedCredentials } from "./credential-renewal.js";

export interface KinesisVideoClientsOptions {
  /**
   * Open connections to one host, GetMedia connections included. Default 2,000. The SDK's own default of 50 lets the
   * 51st GetMedia wait without a word until another leg ends.
   */
  maxSockets?: number;
  /** Default 5 s. */
  connectionTimeoutMs?: number;
  /** A connection on which nothing moves for this long is closed. Default 60 s. */
  socketTimeoutMs?: number;
  /** Credentials for all clients; default: the SDK's chain. */
  credentials?: KinesisVideoClientConfig["credentials"];
  /** Plug-in of all clients, e.g. to count calls. */
  // biome-ignore lint/suspicious/noExplicitAny: a plug-in must fit any client's input and output types
  plugin?: Pluggable<any, any> | undefined;
}

/** Data endpoints of one stream are few, but one process can see many: beyond this the oldest client is dropped. */
const MAX_DATA_CLIENTS = 200;

/**
 * Kinesis Video clients, one per region and data endpoint, over one pool of connections. Every error they throw is
 * an `AwsCallError` that names the IAM action.
 */
export class KinesisVideoClients {
  readonly #handler: NodeHttpHandler;
  readonly #credentials: KinesisVideoClientsOptions["credentials"];
  readonly #plugin: KinesisVideoClientsOptions["plugin"];
  readonly #control = new Map<string, KinesisVideoClient>();
  readonly #media = new Map<string, KinesisVideoMediaClient>();
  readonly #archived = new Map<string, KinesisVideoArchivedMediaClient>();

  constructor(options: KinesisVideoClientsOptions = {}) {
    const agent = { keepAlive: true, maxSockets: options.maxSockets ?? 2_000 };
    this.#handler = new NodeHttpHandler({
      connectionTimeout: options.connectionTimeoutMs ?? 5_000,
      socketTimeout: options.socketTimeoutMs ?? 60_000,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    });
    this.#credentials = options.credentials;
    this.#plugin = options.plugin;
  }

  /** For DescribeStream and GetDataEndpoint. */
  control(region: string): KinesisVideoClient {
    return this.#cached(this.#control, region, () => new KinesisVideoClient(this.#config(region)));
  }

  /** For GetMedia at a data endpoint. */
  media(region: string, endpoint: string): KinesisVideoMediaClient {
    return this.#cached(
      this.#media,
      `${region} ${endpoint}`,
      () => new KinesisVideoMediaClient({ ...this.#config(region), endpoint }),
    );
  }

  /** For ListFragments and GetMediaForFragmentList at a data endpoint. */
  archived(region: string, endpoint: string): KinesisVideoArchivedMediaClient {
    return this.#cached(
      this.#archived,
      `${region} ${endpoint}`,
      () => new KinesisVideoArchivedMediaClient({ ...this.#config(region), endpoint }),
    );
  }

  /** Closes all connections. */
  destroy(): void {
    this.#handler.destroy();
  }

  #config(region: string) {
    // Readers repeat calls themselves: the SDK's waits are deaf to an AbortSignal, and would hide why a connection ended.
    return { region, requestHandler: this.#handler, credentials: this.#credentials, maxAttempts: 1 };
  }

  #cached<C extends KinesisVideoClient | KinesisVideoMediaClient | KinesisVideoArchivedMediaClient>(
    clients: Map<string, C>,
    key: string,
    create: () => C,
  ): C {
    const known = clients.get(key);
    if (known) return known;
    const client = create();
    client.middlewareStack.use(namedErrors("kinesisvideo", client.config));
    client.middlewareStack.use(renewedCredentials(client.config));
    if (this.#plugin) client.middlewareStack.use(this.#plugin);
    clients.set(key, client);
    // Insertion order is age. A client holds no connection of its own, so dropping it closes nothing in use.
    for (const oldest of clients.keys()) {
      if (clients.size <= MAX_DATA_CLIENTS) break;
      clients.delete(oldest);
    }
    return client;
  }
}
