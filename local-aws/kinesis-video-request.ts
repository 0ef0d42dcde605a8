import { AwsError, type AwsRequest } from "./exchange.js";
import { type JsonObject, jsonBody } from "./json-body.js";
import type { KinesisVideoStream } from "./kinesis-video-stream.js";

const STREAM_ARN = /^arn:aws:kinesisvideo:([a-z0-9-]+):(\d{12}):stream\/([a-zA-Z0-9_.-]+)\/\d+$/;

export function invalidArgument(message: string): AwsError {
  return new AwsError("InvalidArgumentException", 400, message);
}

export function clientLimitExceeded(message: string): AwsError {
  return new AwsError("ClientLimitExceededException", 400, message);
}

/** A request of the Kinesis Video APIs: always a JSON document, and mostly one that names a stream. */
export class KinesisVideoRequest {
  readonly body: JsonObject;

  constructor(readonly request: AwsRequest) {
    this.body = jsonBody(request, "InvalidArgumentException");
  }

  /** The ARN that the request names, or the one that its stream name would have; `*` if it names neither. */
  get resource(): string {
    const { StreamARN, StreamName } = this.body;
    if (typeof StreamARN === "string") return StreamARN;
    if (typeof StreamName !== "string") return "*";
    const { region, caller } = this.request;
    return (
      this.streams.get(StreamName)?.arn ?? `arn:aws:kinesisvideo:${region}:${caller.account.id}:stream/${StreamName}/*`
    );
  }

  /**
   * @throws AwsError `InvalidArgumentException` where neither name nor ARN is given, `ResourceNotFoundException` where
   * no such stream is
   */
  stream(): KinesisVideoStream {
    const { StreamARN, StreamName } = this.body;
    if (typeof StreamARN !== "string" && typeof StreamName !== "string") {
      throw invalidArgument("Either StreamName or StreamARN must be given.");
    }
    if (typeof StreamARN === "string" && !STREAM_ARN.test(StreamARN))
      throw invalidArgument("StreamARN is not an ARN of a stream.");
    const name = typeof StreamARN === "string" ? STREAM_ARN.exec(StreamARN)![3]! : (StreamName as string);
    const stream = this.streams.get(name);
    const isOther =
      (typeof StreamARN === "string" && stream?.arn !== StreamARN) ||
      (typeof StreamName === "string" && stream?.name !== StreamName);
    if (!stream || isOther) {
      throw new AwsError("ResourceNotFoundException", 404, "The requested stream is not found or not active.");
    }
    return stream;
  }

  get streams(): Map<string, KinesisVideoStream> {
    return this.request.caller.account.region(this.request.region).streams;
  }

  /** An integer within bounds, or the default. */
  integer(name: string, min: number, max: number, byDefault: number): number {
    const value = this.body[name] ?? byDefault;
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      throw invalidArgument(`${name} must be an integer of ${min} to ${max}.`);
    }
    return value;
  }
}

/** A timestamp on the wire (seconds since the epoch, with a fraction) in milliseconds. */
export function timestampMs(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw invalidArgument(`${name} is required and must be a timestamp.`);
  return Math.round(value * 1000);
}
