import type { IncomingHttpHeaders } from "node:http";

/** What a request's signature says about where it was meant to go. */
export interface CredentialScope {
  accessKeyId: string;
  region: string;
  /** Signing name, e.g. `chime`, `kinesisvideo`. */
  service: string;
}

/**
 * The credential scope of Signature Version 4, from the header or a presigned URL; undefined where there is none. The
 * signature itself is not checked: any secret is good.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function credentialScope(headers: IncomingHttpHeaders, query: URLSearchParams): CredentialScope | undefined {
  const header = headers.authorization ?? "";
  const credential = header.startsWith("AWS4-HMAC-SHA256")
    ? /Credential=([^,\s]+)/.exec(header)?.[1]
    : query.get("X-Amz-Credential");
  // An access key id may hold slashes in principle, the scope may not: read it from the end.
  const match = /^(.+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request$/.exec(credential ?? "");
  return match ? { accessKeyId: match[1]!, region: match[2]!, service: match[3]! } : undefined;
}
