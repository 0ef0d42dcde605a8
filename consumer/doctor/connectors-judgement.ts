import { outboundHostName } from "../../aws/voice-connector.js";
import type { ConnectorFacts, ConsumerFacts } from "./diagnosis.js";
import type { Examination } from "./examination.js";

/** Below a day, the first night without anybody who looks at alarms loses calls. */
const SHORT_RETENTION_HOURS = 24;

const PUT =
  "aws chime-sdk-voice put-voice-connector-streaming-configuration --region <region> --voice-connector-id <id> " +
  "--streaming-configuration 'DataRetentionInHours=24,Disabled=false,StreamingNotificationTargets=[{NotificationTarget=EventBridge}]'";

/** What is wrong with what was found of the connectors. */
export function judgeConnectors(
  { findings }: Examination,
  connectors: readonly ConnectorFacts[],
  consumers: readonly ConsumerFacts[],
): void {
  for (const connector of connectors) {
    const { region, voiceConnectorId, streaming, owner } = connector;
    const place = `${region}/${voiceConnectorId}`;
    if (streaming === "on") {
      findings.add("DOCTOR_CONNECTOR_STREAMS", place, "streaming is on");
      judgeConfiguration(findings, connector, place, consumers);
      judgeStreams(findings, connector, place);
    } else if (streaming === "disabled") {
      const next = "set disabled to false, then pulumi up; where no stack manages it, enable it in the console";
      findings.add("DOCTOR_STREAMING_DISABLED", place, "streaming is configured, and disabled", next);
    } else if (streaming === "off" && owner) {
      const what = `streaming is off, and the stack ${owner.stack} manages it as ${owner.name}`;
      findings.add("DOCTOR_STREAMING_REMOVED", place, what, `pulumi up --refresh --stack ${owner.stack}`);
    } else if (streaming === "off") {
      const next = `add it to the connectors of a VoiceConnectorStreaming, then pulumi up; by hand: ${PUT}`;
      findings.add("DOCTOR_STREAMING_OFF", place, "streaming is off", next);
    }
  }
}

function judgeConfiguration(
  findings: Examination["findings"],
  { region, dataRetentionInHours: hours, notificationTargets = [] }: ConnectorFacts,
  place: string,
  consumers: readonly ConsumerFacts[],
): void {
  if (hours === 0) {
    const isArchive = consumers.some((consumer) => consumer.region === region && consumer.mode === "archive");
    const code = isArchive ? "DOCTOR_RETENTION_ZERO_ARCHIVE" : "DOCTOR_RETENTION_ZERO";
    const next =
      'set dataRetentionInHours to 24 or more, with applyRetentionToExistingStreams; or record with mode: "live"';
    findings.add(code, place, "dataRetentionInHours is 0", next);
  } else if (hours !== undefined && hours < SHORT_RETENTION_HOURS) {
    const next = "set dataRetentionInHours to 24 or more, with applyRetentionToExistingStreams";
    findings.add("DOCTOR_RETENTION_SHORT", place, `dataRetentionInHours is ${hours}`, next);
  }
  if (notificationTargets.length === 0) {
    const next = "set notificationTargets to [EventBridge], then pulumi up";
    findings.add("DOCTOR_NO_TARGETS", place, "there are no notification targets", next);
  } else if (!notificationTargets.includes("EventBridge")) {
    const next = "add EventBridge to notificationTargets, then pulumi up; a worker of your own may read the SQS queue";
    findings.add("DOCTOR_NO_EVENTBRIDGE", place, `events go to ${notificationTargets.join(" and ")} alone`, next);
  }
}

function judgeStreams(
  findings: Examination["findings"],
  { streams, dataRetentionInHours: hours = 0 }: ConnectorFacts,
  place: string,
): void {
  if (!streams) return;
  const { count, keepNothing, otherRetention, asked, newestFragmentAt } = streams;
  const ofAll = (some: number) => `${some} of ${count} streams`;
  if (count === 0) {
    const host = outboundHostName("<id>");
    const next = `make a call; your session border controller sends SIPREC INVITEs to ${host}, and Chime allows its addresses under termination`;
    findings.add("DOCTOR_NO_STREAMS", place, "there is no stream of any call", next);
    return;
  }
  const next = "set applyRetentionToExistingStreams: true beside dataRetentionInHours, then pulumi up";
  if (hours > 0 && keepNothing > 0) {
    findings.add("DOCTOR_STREAMS_KEEP_NOTHING", place, `${ofAll(keepNothing)} keep nothing`, next);
  }
  const others = otherRetention - (hours > 0 ? keepNothing : 0);
  if (others > 0) {
    const what = `${ofAll(others)} have another retention than the ${hours} h of the connector`;
    findings.add("DOCTOR_STREAM_RETENTION", place, what, next);
  }
  if (asked === count && newestFragmentAt === undefined) {
    const check =
      "make a call, and see aws kinesisvideo list-streams --region <region>; then look at the SIPREC source";
    findings.add("DOCTOR_NO_MEDIA", place, `no stream has media of the last ${hours} h`, check);
  }
}
