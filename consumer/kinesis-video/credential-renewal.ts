import { type AwsCredentialIdentity, type Pluggable, SMITHY_CONTEXT_KEY } from "@smithy/types";

/**
 * How AWS says that temporary credentials have expired. Kinesis Video Streams' media APIs say `NotAuthorizedException` both then
 * and where a permission is missing
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_GetMedia.html#API_dataplane_GetMedia_Errors).
 */
const expiredCodes = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "NotAuthorizedException",
  "UnrecognizedClientException",
]);

interface CredentialsConfig {
  credentials: (options?: { forceRefresh?: boolean }) => Promise<AwsCredentialIdentity>;
}

interface SigningContext {
  [SMITHY_CONTEXT_KEY]?: { selectedHttpAuthScheme?: { identity?: Partial<AwsCredentialIdentity> } };
}

function isSame(a: Partial<AwsCredentialIdentity>, b: Partial<AwsCredentialIdentity>): boolean {
  return a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken;
}

/**
 * SDK plugin: a call that fails because its credentials have expired is made once more, with credentials fetched anew. The SDK
 * itself renews by the clock alone, and by the expiry it was told. Where the same credentials come again the call is not repeated.
 */
// biome-ignore lint/suspicious/noExplicitAny: a plugin must fit any client's input and output types
export function renewedCredentials(config: CredentialsConfig): Pluggable<any, any> {
  return {
    applyToStack(stack) {
      stack.add(
        (next, context) => async (args) => {
          try {
            return await next(args);
          } catch (error) {
            const used = (context as SigningContext)[SMITHY_CONTEXT_KEY]?.selectedHttpAuthScheme?.identity;
            if (!used || !expiredCodes.has((error as Error | undefined)?.name ?? "")) throw error;
            // Another call may have renewed them already: many fail at the same moment.
            let renewed = await config.credentials();
            if (isSame(renewed, used)) renewed = await config.credentials({ forceRefresh: true });
            if (isSame(renewed, used)) throw error;
            return next(args);
          }
        },
        { step: "initialize", name: "renewedCredentials", priority: "low" },
      );
    },
  };
}
