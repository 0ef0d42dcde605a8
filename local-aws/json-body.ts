import { AwsError, type AwsReply, type AwsRequest } from "./exchange.js";

export type JsonObject = Record<string, unknown>;

/** The request's JSON object; no body counts as `{}`. @throws AwsError with `errorCode` where it is something else. */
export function jsonBody(request: AwsRequest, errorCode: string): JsonObject {
  if (request.body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString("utf8"));
  } catch {
    throw new AwsError(errorCode, 400, "The request body is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AwsError(errorCode, 400, "The request body is not a JSON object.");
  }
  return value as JsonObject;
}

export function jsonReply(requestId: string, body: object, status = 200, contentType = "application/json"): AwsReply {
  return {
    status,
    headers: { "content-type": contentType, "x-amzn-requestid": requestId },
    body: JSON.stringify(body),
  };
}
