import type { Fault, VoiceConnectorStreamingArgs } from "pulumi-chime-voice-streaming";
import { z } from "zod";

/** A key of the stack's configuration, as the engine hands it over: text, of objects as JSON. */
export interface ConfigurationValue {
  text: string;
  isSecret: boolean;
}

/**
 * The shape of the configuration. What the component checks itself, with every other fault of its arguments, is left to it.
 */
const configurationSchema = z.strictObject({
  regions: z.record(z.string(), z.unknown()).optional(),
  connectors: z.array(z.unknown()).optional(),
  dataRetentionInHours: z.unknown().optional(),
  disabled: z.unknown().optional(),
  notificationTargets: z.unknown().optional(),
  mediaInsights: z.unknown().optional(),
  onExisting: z.unknown().optional(),
  onDelete: z.unknown().optional(),
  applyRetentionToExistingStreams: z.unknown().optional(),
  allowRetentionDecrease: z.unknown().optional(),
  deleteStreamsOnDestroy: z.unknown().optional(),
  profile: z.unknown().optional(),
  assumeRole: z.unknown().optional(),
  serviceLinkedRole: z.unknown().optional(),
});

const reasons: Record<string, string> = {
  regions: "must be an object with a list of Voice Connector ids for each region",
  connectors: "must be a list of objects with voiceConnectorId",
};

/** Of the words that are no JSON, `stop` is text; so are an id and a profile that happen to look like a number. */
const TEXTS = ["profile", "onDelete", "onExisting"];

/**
 * The component's arguments out of the configuration of the project's namespace.
 * @param allFaults every fault of the component's arguments
 * @returns the arguments, or everything that is wrong with them, under the configuration's own keys; values are not repeated
 */
export function readConfiguration(
  values: Readonly<Record<string, ConfigurationValue>>,
  allFaults: (args: VoiceConnectorStreamingArgs) => Fault[],
): { args: VoiceConnectorStreamingArgs; faults: Fault[] } {
  const faults: Fault[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [key, { text, isSecret }] of Object.entries(values)) {
    if (isSecret)
      faults.push({ property: key, reason: "must not be a secret: it would stand in plain in state and messages" });
    parsed[key] = TEXTS.includes(key) ? text : parse(text);
  }
  const shape = configurationSchema.safeParse(parsed);
  const wrong = new Set<string>();
  for (const { code, path, ...issue } of shape.error?.issues ?? []) {
    if (code === "unrecognized_keys") {
      const known = Object.keys(configurationSchema.shape).join(", ");
      for (const property of (issue as { keys: string[] }).keys) {
        faults.push({ property, reason: `is not a key of this project; known are ${known}` });
        wrong.add(property);
      }
    } else {
      const key = String(path[0]);
      if (!wrong.has(key)) faults.push({ property: path.map(String).join("."), reason: reasons[key] ?? "is wrong" });
      wrong.add(key);
    }
  }
  const { regions, connectors, ...defaults } = Object.fromEntries(
    Object.entries(parsed).filter(([key]) => !wrong.has(key)),
  ) as { regions?: Record<string, unknown>; connectors?: unknown[] };

  /** Where each connector stands in the configuration. */
  const paths: string[] = [];
  const all: unknown[] = [];
  for (const [region, ids] of Object.entries(regions ?? {})) {
    if (!Array.isArray(ids)) {
      faults.push({ property: `regions.${region}`, reason: "must be a list of Voice Connector ids" });
      continue;
    }
    ids.forEach((voiceConnectorId, i) => {
      all.push({ voiceConnectorId, region });
      paths.push(`regions.${region}[${i}]`);
    });
  }
  connectors?.forEach((connector, i) => {
    all.push(connector);
    paths.push(`connectors[${i}]`);
  });
  if (!all.length && !faults.some(({ property }) => /^(regions|connectors)\b/.test(property))) {
    faults.push({
      property: "connectors",
      reason:
        "or regions must name a Voice Connector: there is nothing to stream. To stop streaming, destroy the stack",
    });
  }
  const args = { ...defaults, connectors: all } as VoiceConnectorStreamingArgs;
  const inConfiguration = (text: string) =>
    text.replace(/connectors\[(\d+)\](\.voiceConnectorId|\.region)?/g, (_, i: string, property = "") => {
      const path = paths[Number(i)] ?? "";
      return path.startsWith("regions.") ? path : `${path}${property}`;
    });
  const ofArguments = allFaults(args).map(({ property, reason }) => ({
    property: inConfiguration(property),
    reason: inConfiguration(reason),
  }));
  return { args, faults: [...faults, ...ofArguments] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
