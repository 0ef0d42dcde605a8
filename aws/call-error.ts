import type { Pluggable } from "@smithy/types";
import { policyHint } from "./policy-hint.js";

/** Why AWS did not do what it was asked, as far as a user can act on it. */
export type AwsCallErrorKind =
  | "accessDenied"
  | "noCredentials"
  | "badCredentials"
  | "unreachable"
  | "throttled"
  | "notFound"
  | "other";

const kindByCode: Record<string, AwsCallErrorKind> = {
  AccessDenied: "accessDenied",
  AccessDeniedException: "accessDenied",
  ForbiddenException: "accessDenied",
  NotAuthorizedException: "accessDenied",
  UnauthorizedClientException: "accessDenied",
  AuthorizationErrorException: "accessDenied",
  CredentialsProviderError: "noCredentials",
  TokenProviderError: "noCredentials",
  ExpiredToken: "badCredentials",
  ExpiredTokenException: "badCredentials",
  InvalidClientTokenId: "badCredentials",
  InvalidSignatureException: "badCredentials",
  SignatureDoesNotMatch: "badCredentials",
  UnrecognizedClientException: "badCredentials",
  MissingAuthenticationToken: "badCredentials",
  MissingAuthenticationTokenException: "badCredentials",
  // These come as 403, and no policy mends them.
  OptInRequired: "other",
  RegionDisabledException: "other",
  ThrottlingException: "throttled",
  Throttling: "throttled",
  ThrottledClientException: "throttled",
  ClientLimitExceededException: "throttled",
  ConnectionLimitExceededException: "throttled",
  RequestLimitExceeded: "throttled",
  TooManyRequestsException: "throttled",
  SlowDown: "throttled",
  NotFoundException: "notFound",
  NoSuchEntityException: "notFound",
  NoSuchEntity: "notFound",
  ResourceNotFoundException: "notFound",
  QueueDoesNotExist: "notFound",
  NoSuchBucket: "notFound",
  NoSuchKey: "notFound",
  ECONNREFUSED: "unreachable",
  ECONNRESET: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EPIPE: "unreachable",
  ETIMEDOUT: "unreachable",
  TimeoutError: "unreachable",
};

/** A failed AWS call: which IAM action it was, in which region, what AWS said, and what to do about it. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";

  constructor(
    readonly kind: AwsCallErrorKind,
    /** The error's name on the wire, e.g. `NotFoundException`, or the system's code, e.g. `ECONNREFUSED`. */
    readonly code: string,
    /** The IAM action, e.g. `chime:PutVoiceConnectorStreamingConfiguration`. */
    readonly action: string,
    readonly region: string | undefined,
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

interface SdkErrorShape {
  name?: string;
  code?: string;
  Code?: string;
  message?: string;
  errors?: SdkErrorShape[];
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

function codeOf(error: SdkErrorShape): string {
  const system = error.code ?? error.errors?.[0]?.code;
  if (system && kindByCode[system] === "unreachable") return system;
  return error.name && error.name !== "Error" ? error.name : (error.Code ?? system ?? "Error");
}

function kindOf(code: string, httpStatusCode: number | undefined): AwsCallErrorKind {
  return kindByCode[code] ?? (httpStatusCode === 429 ? "throttled" : httpStatusCode === 403 ? "accessDenied" : "other");
}

/** Whether an error of the SDK is AWS' way to say that there are too many calls. */
export function isThrottle(error: unknown): boolean {
  if (error instanceof AwsCallError) return error.kind === "throttled";
  const shape = (error ?? {}) as SdkErrorShape;
  return kindOf(codeOf(shape), shape.$metadata?.httpStatusCode) === "throttled";
}

/** A profile's `credential_process` may have secrets in its command line, and in what it prints: the SDK repeats both. */
function withoutCommandLine(message: string): string {
  return message.startsWith("Command failed:") ? "the profile's credential_process failed" : message;
}

/**
 * What went wrong in one sentence that names the action, then what to do.
 * @param input the call's, by which a denied call's resource is named
 */
export function toAwsCallError(
  error: unknown,
  action: string,
  region?: string,
  endpoint?: string,
  input?: object,
): AwsCallError {
  if (error instanceof AwsCallError) return error;
  const shape = (error ?? {}) as SdkErrorShape;
  const code = codeOf(shape);
  const kind = kindOf(code, shape.$metadata?.httpStatusCode);
  const said = withoutCommandLine(shape.message?.trim() || shape.errors?.[0]?.message || "no message").replace(
    /\.$/,
    "",
  );
  const where = region ? ` in ${region}` : "";
  const requestId = shape.$metadata?.requestId ? ` (request ${shape.$metadata.requestId})` : "";
  const text: Record<AwsCallErrorKind, string> = {
    accessDenied: `AWS denied ${action}${where}: ${said}. ${policyHint({ action, region, input, said })}${requestId}`,
    noCredentials: `No AWS credentials for ${action}${where}: ${said}. Check the profile that is named, or set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the Pulumi configuration aws:profile.`,
    badCredentials: `AWS did not accept the credentials for ${action}${where} (${code}: ${said}). Sign in again or renew them.`,
    unreachable: `Cannot reach ${endpoint ?? "the AWS endpoint"} for ${action}${where} (${code}). Check the region, the network and AWS_ENDPOINT_URL.`,
    throttled: `AWS throttled ${action}${where} and went on doing so through all retries (${code}: ${said})${requestId}. Try again later or ask for a higher quota.`,
    notFound: `${action}${where}: ${said} (${code})${requestId}.`,
    other: `${action}${where} failed: ${said} (${code})${requestId}.`,
  };
  return new AwsCallError(kind, code, action, region, text[kind], error);
}

interface NamedErrorsConfig {
  region?: () => Promise<string>;
}

/**
 * SDK plugin: every error of the client becomes an {@link AwsCallError}, after the SDK's own retries.
 * @param servicePrefix the prefix of the service's IAM actions, e.g. `chime`
 */
// biome-ignore lint/suspicious/noExplicitAny: a plugin must fit any client's input and output types
export function namedErrors(servicePrefix: string, config: NamedErrorsConfig): Pluggable<any, any> {
  return {
    applyToStack(stack) {
      stack.add(
        (next, context) => async (args) => {
          try {
            return await next(args);
          } catch (error) {
            const action = `${servicePrefix}:${String(context.commandName ?? "call").replace(/Command$/, "")}`;
            const region = await config.region?.().catch(() => undefined);
            // Set by the SDK once the call has got as far as its endpoint.
            const { endpointV2 } = context as { endpointV2?: { url: URL } };
            throw toAwsCallError(error, action, region, endpointV2?.url.origin, args.input as object);
          }
        },
        { step: "initialize", name: "namedErrors", priority: "high" },
      );
    },
  };
}
