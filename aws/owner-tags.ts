/** What the keys of all tags begin with by which stacks mark what they manage: Voice Connectors, and the service-linked role. */
export const OWNER_TAG_PREFIX = "pulumi-chime-voice-streaming:";

/** On a Voice Connector: the stack that manages it, as `<organization>/<project>/<stack>`. */
export const stackTagKey = `${OWNER_TAG_PREFIX}stack`;

/** On a Voice Connector: the name of the resource that manages it. */
export const nameTagKey = `${OWNER_TAG_PREFIX}name`;

/** Whose a claim on the service-linked role is, as `organization/project/stack/name`, out of its tag's value. */
export function claimOwner(value: string): string {
  return value.replace(/^\S+ /, "");
}
