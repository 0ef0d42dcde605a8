import { type APIName, GetDataEndpointCommand } from "@aws-sdk/client-kinesis-video";
import { type Clock, systemClock } from "../clock.js";
import type { StreamArn } from "../events/stream-arn.js";
import { type RetryOptions, withRetries } from "./backoff.js";
import type { KinesisVideoClients } from "./clients.js";

/** AWS asks for an endpoint anew every 45 minutes; they do change. */
const ENDPOINT_LIFETIME_MS = 45 * 60_000;
const MAX_ENDPOINTS = 5_000;

interface CachedEndpoint {
  endpoint: Promise<string>;
  expiresAtMs: number;
}

/**
 * The data endpoint of each stream and API, asked for once: GetDataEndpoint allows 5 calls a second on a stream, and
 * its account-wide limit is shared with the role that Chime streams with.
 */
export class DataEndpoints {
  readonly #cache = new Map<string, CachedEndpoint>();

  constructor(
    private readonly clients: KinesisVideoClients,
    private readonly clock: Clock = systemClock,
    private readonly retry: Omit<RetryOptions, "signal" | "beforeRetry"> = {},
  ) {}

  /** The endpoint to send `api` calls for this stream to. Callers at the same time share one request. */
  get(stream: StreamArn, api: APIName): Promise<string> {
    const key = `${api} ${stream.arn}`;
    const cached = this.#cache.get(key);
    if (cached && cached.expiresAtMs > this.clock.now()) return cached.endpoint;
    const entry: CachedEndpoint = {
      endpoint: this.#ask(stream, api),
      expiresAtMs: this.clock.now() + ENDPOINT_LIFETIME_MS,
    };
    this.#cache.delete(key);
    this.#cache.set(key, entry);
    entry.endpoint.catch(() => {
      if (this.#cache.get(key) === entry) this.#cache.delete(key);
    });
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= MAX_ENDPOINTS) break;
      this.#cache.delete(oldest);
    }
    return entry.endpoint;
  }

  /** To be called when a request to the endpoint failed: the next one asks again. */
  forget(stream: StreamArn, api: APIName): void {
    this.#cache.delete(`${api} ${stream.arn}`);
  }

  // No AbortSignal: the answer is shared, and one caller's end must not be another one's failure.
  async #ask(stream: StreamArn, api: APIName): Promise<string> {
    const client = this.clients.control(stream.region);
    const command = new GetDataEndpointCommand({ StreamARN: stream.arn, APIName: api });
    const { DataEndpoint } = await withRetries(() => client.send(command), { clock: this.clock, ...this.retry });
    if (!DataEndpoint) throw new Error(`GetDataEndpoint named no endpoint for ${api} of ${stream.arn}`);
    return DataEndpoint;
  }
}
