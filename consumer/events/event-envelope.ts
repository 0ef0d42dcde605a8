/** What is inside the wrappings a message can arrive in, or why there is nothing. */
export type Unwrapped = { ok: true; value: Record<string, unknown> } | { ok: false; reason: string };

/** SQS record of a Lambda, SNS notification, EventBridge event: deeper than that nobody wraps. */
const MAX_LAYERS = 4;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text or value one layer further in; undefined where `value` is not a wrapper. */
function innerOf(value: Record<string, unknown>): unknown {
  if (value.Type === "Notification" && typeof value.Message === "string") return value.Message;
  // An SQS message: `body` in a Lambda's record, `Body` from ReceiveMessage.
  if (typeof value.body === "string" && "messageId" in value) return value.body;
  if (typeof value.Body === "string" && "MessageId" in value) return value.Body;
  return undefined;
}

/**
 * Takes an event out of what carried it: JSON text, an SQS message, an SNS notification, or several of these in
 * one another. Anything that is not a wrapper is returned as it is.
 */
export function unwrapEvent(received: unknown): Unwrapped {
  let value = received;
  for (let layer = 0; layer <= MAX_LAYERS; layer++) {
    if (typeof value === "string") {
      try {
        value = JSON.parse(value);
      } catch {
        return { ok: false, reason: "the message is not JSON" };
      }
    }
    if (!isObject(value)) return { ok: false, reason: "the message is not a JSON object" };
    const inner = innerOf(value);
    if (inner === undefined) return { ok: true, value };
    value = inner;
  }
  return { ok: false, reason: `the message is wrapped more than ${MAX_LAYERS} times` };
}
