import { createHash } from "node:crypto";

/** What the service allows. */
export const NAME_LIMITS = {
  queue: 80,
  rule: 64,
  role: 64,
  function: 64,
  logGroup: 200,
  cluster: 100,
  service: 100,
  policy: 120,
  alarm: 200,
  dashboard: 120,
  namespace: 200,
} as const;

/** 63, less the 26 characters that make it unique in the world. */
const BUCKET_PREFIX_LIMIT = 37;
const DIGEST_LENGTH = 8;

/**
 * Names of a component's resources in AWS: the same in every deployment, told apart by project, stack and component, and within
 * the limits of each service. Texts that do not fit are cut, and carry a digest of what they were.
 */
export class ResourceNames {
  /** What all names begin with, of letters, digits and dashes. */
  readonly base: string;

  constructor(...parts: string[]) {
    const whole = parts.join("-");
    const plain = whole.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
    this.base = plain === whole ? plain : `${plain}-${digest(whole)}`;
  }

  /** @param kind the last part, which is never cut */
  of(kind: string, limit: number, region?: string): string {
    const end = ["", ...(region ? [region] : []), kind].join("-");
    return `${cut(this.base, limit - end.length)}${end}`;
  }

  get namespace(): string {
    const family = "ChimeVoiceStreaming/";
    return `${family}${cut(this.base, NAME_LIMITS.namespace - family.length)}`;
  }

  get bucketPrefix(): string {
    return `${cut(this.base, BUCKET_PREFIX_LIMIT - 1).toLowerCase()}-`;
  }
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = text.slice(0, limit - DIGEST_LENGTH - 1).replace(/-+$/, "");
  return `${kept}-${digest(text)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, DIGEST_LENGTH);
}
