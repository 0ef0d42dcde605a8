import assert from "node:assert/strict";
import { CallAudioConsumer, type CallAudioConsumerArgs } from "../../index.js";
import { a, type Graph, run } from "./registered.js";

/** A consumer of one connector, and what it registers. */
export const deployed = (args: Partial<CallAudioConsumerArgs> = {}, options?: Parameters<typeof run>[1]) =>
  run(
    (resourceOptions) =>
      new CallAudioConsumer(
        "recorder",
        { connectors: [{ voiceConnectorId: a, dataRetentionInHours: 48 }], ...args },
        resourceOptions,
      ),
    options,
  );

/** The environment of a function. */
export const variables = (graph: Graph, kind: string, region = "us-east-1") =>
  graph.inputs("Function", `recorder-${kind}-${region}`).environment.variables;

export interface ParsedStatement {
  Sid: string;
  Action: string | string[];
  Resource: string | string[];
  Condition?: unknown;
}

/** What a role may do, by Sid. */
export function statements(graph: Graph, kind: string, region = "us-east-1"): Record<string, ParsedStatement> {
  const { policy } = graph.inputs("RolePolicy", `recorder-${kind}-policy-${region}`);
  const found: ParsedStatement[] = JSON.parse(policy).Statement;
  assert.equal(new Set(found.map(({ Sid }) => Sid)).size, found.length, "IAM refuses a Sid that is there twice");
  return Object.fromEntries(found.map((statement) => [statement.Sid, statement]));
}
