import { AwsError } from "./exchange.js";
import type { MessageAttribute } from "./queue.js";

const MAX_ATTRIBUTES = 10;
const MAX_BATCH_BYTES = 1_048_576;
type Attributes = Readonly<Record<string, MessageAttribute>>;

/**
 * What SQS refuses: characters outside its set, more than ten attributes, and messages whose body and attributes (names, types and
 * values) together are too long.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export function checkMessage(body: string, attributes: Attributes, maxBytes: number): void {
  const values = Object.values(attributes).flatMap(({ StringValue }) => StringValue ?? []);
  if (![body, ...values].every(isAllowedText)) {
    throw new AwsError("InvalidMessageContents", 400, "The message contains characters outside the allowed set.");
  }
  const count = Object.keys(attributes).length;
  if (count > MAX_ATTRIBUTES) {
    throw invalid(`Number of message attributes [${count}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`);
  }
  if (messageBytes(body, attributes) > maxBytes) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${maxBytes} bytes.`);
  }
}

/** The messages of a batch together are no longer than one may be. */
export function checkBatchSize(entries: unknown): void {
  if (!Array.isArray(entries)) return;
  const bytes = entries.reduce((sum: number, entry: { MessageBody?: unknown; MessageAttributes?: Attributes }) => {
    return sum + messageBytes(String(entry?.MessageBody ?? ""), entry?.MessageAttributes ?? {});
  }, 0);
  if (bytes <= MAX_BATCH_BYTES) return;
  const message = `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`;
  throw new AwsError("BatchRequestTooLong", 400, message, { queryCode: "AWS.SimpleQueueService.BatchRequestTooLong" });
}

/** #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF */
function isAllowedText(text: string): boolean {
  for (const character of text) {
    const point = character.codePointAt(0)!;
    const isControl = point < 0x20 && !"\t\n\r".includes(character);
    const isSurrogate = point >= 0xd800 && point <= 0xdfff;
    if (isControl || isSurrogate || point === 0xfffe || point === 0xffff) return false;
  }
  return true;
}

function messageBytes(body: string, attributes: Attributes): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(String(DataType)) + Buffer.byteLength(StringValue ?? "");
    bytes += Buffer.from(BinaryValue ?? "", "base64").length;
  }
  return bytes;
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValue", 400, message);
}
