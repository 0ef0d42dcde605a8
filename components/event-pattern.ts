/** What the consumer acts upon. UPDATED tells of new SIP headers, of which nothing is made. */
export const CONSUMED_STATUSES = ["STARTED", "ENDED", "FAILED"] as const;

/** The longest pattern that EventBridge takes. */
export const LONGEST_PATTERN = 2_048;

/** Streaming events of these connectors and this account alone, as EventBridge matches them. */
export function streamingEventPattern(accountId: string, voiceConnectorIds: readonly string[]): string {
  return JSON.stringify({
    source: ["aws.chime"],
    account: [accountId],
    "detail-type": ["Chime VoiceConnector Streaming Status"],
    detail: { voiceConnectorId: voiceConnectorIds, streamingStatus: CONSUMED_STATUSES },
  });
}
