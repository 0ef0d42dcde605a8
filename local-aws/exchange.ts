import type { IncomingHttpHeaders } from "node:http";
import type { Writable } from "node:stream";
import type { Caller } from "./accounts.js";
import type { ServiceErrors } from "./service-errors.js";

/** A signed request that reached the server, body read whole. */
export interface AwsRequest {
  readonly method: string;
  /** As on the wire: still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Out of the credential scope: the service's signing name and the region that was meant. */
  readonly service: string;
  readonly region: string;
  readonly caller: Caller;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** What a service answers. `stream`, where given, writes the body itself and ends when it is done. */
export interface AwsReply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly stream?: (response: Writable, signal: AbortSignal) => Promise<void>;
}

/** One recognised call, not yet carried out, so that faults can be put in front of it. */
export interface Operation {
  /** The API's name of it, e.g. `UploadPart`. */
  readonly name: string;
  /** The IAM action without its prefix where that is another name, e.g. `PutObject`. */
  readonly iamAction?: string;
  /** The ARN it acts on, as far as the request tells; `*` if it tells none. */
  readonly resource: string;
  /** How a denial names the resource, where not by its ARN. */
  readonly resourceName?: string;
  /** Condition keys that a policy may test, e.g. `iam:AWSServiceName`. */
  readonly conditions?: Readonly<Record<string, string>>;
  run(): AwsReply | Promise<AwsReply>;
}

/** One embedded service. */
export interface AwsService {
  /** Prefix of its IAM actions, e.g. `kinesisvideo`. */
  readonly actionPrefix: string;
  readonly errors: ServiceErrors;
  /**
   * The call that this request makes; undefined if this service has no such call here. Throws an {@link AwsError} for a
   * malformed one.
   */
  operationOf(request: AwsRequest): Operation | undefined;
}

/** An error as a service reports it. */
export class AwsError extends Error {
  override readonly name = "AwsError";

  constructor(
    /** The code on the wire, e.g. `NotFoundException`. */
    readonly code: string,
    readonly httpStatus: number,
    message: string,
    /** Further elements of the error document. */
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** A part of a path without its percent signs. @throws AwsError with `errorCode` where they do not spell UTF-8 */
export function percentDecoded(text: string, errorCode: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError(errorCode, 400, "The path is not percent-encoded UTF-8.");
  }
}
