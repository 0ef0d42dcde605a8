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
  isKnown: boolean;
  /** Callers that wait for the answer. */
  waiting: number;
  /** Aborted when none is left. */
  unwanted: AbortController;
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

  /**
   * The endpoint to send `api` calls for this stream to. Callers at the same time share one request: a signal ends its own
   * caller's wait, and the request where nobody else waits for it.
   */
  async get(stream: StreamArn, api: APIName, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    const key = `${api} ${stream.arn}`;
    const entry = this.#valid(key) ?? this.#add(key, stream, api);
    if (entry.isKnown) return entry.endpoint;
    entry.waiting++;
    try {
      return await untilAborted(entry.endpoint, signal);
    } finally {
      entry.waiting--;
      if (entry.waiting === 0 && !entry.isKnown) {
        this.#drop(key, entry);
        entry.unwanted.abort(signal?.reason);
      }
    }
  }

  #valid(key: string): CachedEndpoint | undefined {
    const entry = this.#cache.get(key);
    return entry && entry.expiresAtMs > this.clock.now() ? entry : undefined;
  }

  #add(key: string, stream: StreamArn, api: APIName): CachedEndpoint {
    const unwanted = new AbortController();
    const endpoint = this.#ask(stream, api, unwanted.signal);
    const expiresAtMs = this.clock.now() + ENDPOINT_LIFETIME_MS;
    const entry: CachedEndpoint = { endpoint, expiresAtMs, isKnown: false, waiting: 0, unwanted };
    this.#cache.delete(key);
    this.#cache.set(key, entry);
    endpoint.then(
      () => {
        entry.isKnown = true;
      },
      () => this.#drop(key, entry),
    );
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= MAX_ENDPOINTS) break;
      this.#cache.delete(oldest);
    }
    return entry;
  }

  #drop(key: string, entry: CachedEndpoint): void {
    if (this.#cache.get(key) === entry) this.#cache.delete(key);
  }

  /** To be called when a request to the endpoint failed: the next one asks again. */
  forget(stream: StreamArn, api: APIName): void {
    this.#cache.delete(`${api} ${stream.arn}`);
  }

  async #ask(stream: StreamArn, api: APIName, signal: AbortSignal): Promise<string> {
    const client = this.clients.control(stream.region);
    const command = new GetDataEndpointCommand({ StreamARN: stream.arn, APIName: api });
    const ask = () => client.send(command, { abortSignal: signal });
    const { DataEndpoint } = await withRetries(ask, { ...this.retry, clock: this.clock, signal });
    if (!DataEndpoint) throw new Error(`GetDataEndpoint named no endpoint for ${api} of ${stream.arn}`);
    return DataEndpoint;
  }
}

/** Rejects with the signal's reason as soon as it is aborted; what becomes of the promise is then of no interest. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
