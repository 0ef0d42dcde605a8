import { AwsError, type AwsReply } from "./exchange.js";
import { xmlDocument } from "./xml.js";

type ErrorKind = readonly [code: string, httpStatus: number];

/** How one service words the errors that any call can meet, and how it writes errors on the wire. */
export interface ServiceErrors {
  readonly missingToken: ErrorKind;
  readonly accessDenied: ErrorKind;
  readonly throttled: ErrorKind;
  readonly failure: ErrorKind;
  render(error: AwsError, requestId: string): AwsReply;
}

/** REST-JSON: the name in a header, `Code` and `Message` in the body (Chime SDK Voice). */
export const chimeErrors: ServiceErrors = {
  missingToken: ["MissingAuthenticationTokenException", 403],
  accessDenied: ["AccessDeniedException", 403],
  throttled: ["ThrottledClientException", 429],
  failure: ["ServiceFailureException", 500],
  // The body has the short form: "Forbidden" beside the header's "ForbiddenException" (seen in
  // hashicorp/terraform-provider-aws#33633).
  render: (error, requestId) =>
    restJson(error, requestId, { Code: error.code.replace(/Exception$/, ""), Message: error.message }),
};

/** REST-JSON: the name in a header, `Message` in the body (Kinesis Video Streams). */
export const kinesisVideoErrors: ServiceErrors = {
  missingToken: ["MissingAuthenticationTokenException", 403],
  accessDenied: ["AccessDeniedException", 403],
  throttled: ["ClientLimitExceededException", 400],
  failure: ["InternalFailure", 500],
  render: (error, requestId) => restJson(error, requestId, { Message: error.message, ...error.details }),
};

/** JSON 1.0 with the header by which SDKs find the names of the former query protocol (SQS). */
export const sqsErrors: ServiceErrors = {
  missingToken: ["MissingAuthenticationToken", 403],
  accessDenied: ["AccessDenied", 403],
  throttled: ["RequestThrottled", 400],
  failure: ["InternalFailure", 500],
  render: (error, requestId) => ({
    status: error.httpStatus,
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-requestid": requestId,
      "x-amzn-query-error": `${error.details.queryCode ?? error.code};${error.httpStatus < 500 ? "Sender" : "Receiver"}`,
    },
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${error.code}`, message: error.message }),
  }),
};

/** The query protocol's `ErrorResponse` document (IAM, STS). */
export function queryErrors(xmlNamespace: string, failureCode: string): ServiceErrors {
  return {
    missingToken: ["MissingAuthenticationToken", 403],
    accessDenied: ["AccessDenied", 403],
    throttled: ["Throttling", 400],
    failure: [failureCode, 500],
    render: (error, requestId) => ({
      status: error.httpStatus,
      headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
      body: xmlDocument("ErrorResponse", xmlNamespace, {
        Error: {
          Type: error.httpStatus < 500 ? "Sender" : "Receiver",
          Code: error.code,
          Message: error.message,
          ...error.details,
        },
        RequestId: requestId,
      }),
    }),
  };
}

/** S3's bare `Error` document. */
export const s3Errors: ServiceErrors = {
  missingToken: ["AccessDenied", 403],
  accessDenied: ["AccessDenied", 403],
  throttled: ["SlowDown", 503],
  failure: ["InternalError", 500],
  render: (error, requestId) => ({
    status: error.httpStatus,
    headers: { "content-type": "application/xml", "x-amz-request-id": requestId },
    body: xmlDocument("Error", undefined, {
      Code: error.code,
      Message: error.message,
      ...error.details,
      RequestId: requestId,
    }),
  }),
};

function restJson(error: AwsError, requestId: string, body: object): AwsReply {
  return {
    status: error.httpStatus,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": error.code,
      "x-amzn-requestid": requestId,
    },
    body: JSON.stringify(body),
  };
}

/** An error of one of the kinds that every service has. */
export function commonError(
  errors: ServiceErrors,
  kind: keyof Omit<ServiceErrors, "render">,
  message: string,
): AwsError {
  const [code, httpStatus] = errors[kind];
  return new AwsError(code, httpStatus, message);
}
