import { AwsCallError } from "../../aws/call-error.js";
import { type Clock, systemClock } from "../clock.js";
import { type BackoffOptions, isTransient, type RetryOptions } from "./backoff.js";
import { KinesisVideoClients, type KinesisVideoClientsOptions } from "./clients.js";
import { DataEndpoints } from "./data-endpoints.js";
import { StreamQuotas, type StreamQuotasOptions } from "./stream-quotas.js";

/** What every reader of a process shares: connections, endpoints, the streams' quotas, and how calls are repeated. */
export interface KinesisVideoAccess {
  clients: KinesisVideoClients;
  endpoints: DataEndpoints;
  quotas: StreamQuotas;
  clock: Clock;
  /** Bounds and waits of repeated calls. */
  retry: BackoffOptions & { attempts?: number };
}

export interface KinesisVideoAccessOptions extends KinesisVideoClientsOptions, StreamQuotasOptions {
  clock?: Clock;
  retry?: KinesisVideoAccess["retry"];
}

/**
 * Access to Kinesis Video Streams, once for all readers of a process. Region by region from the streams' ARNs, credentials from
 * `options` or the SDK's chain. Nothing is connected before a reader asks; `access.clients.destroy()` closes all connections.
 */
export function openKinesisVideo(options: KinesisVideoAccessOptions = {}): KinesisVideoAccess {
  const { clock = systemClock, retry = {} } = options;
  const clients = new KinesisVideoClients(options);
  return {
    clients,
    endpoints: new DataEndpoints(clients, clock, retry),
    quotas: new StreamQuotas({ ...options, clock }),
    clock,
    retry,
  };
}

/** A data endpoint may have moved: what looks like a dead host is worth asking GetDataEndpoint again. */
export function isDataCallRetryable(error: unknown): boolean {
  if (isTransient(error)) return true;
  return error instanceof AwsCallError && (error.kind === "unreachable" || error.code === "InvalidEndpointException");
}

/** How calls to a data endpoint are repeated. */
export function dataCallRetry(access: KinesisVideoAccess, forget: () => void, signal?: AbortSignal): RetryOptions {
  return { ...access.retry, clock: access.clock, signal, isRetryable: isDataCallRetryable, beforeRetry: forget };
}
