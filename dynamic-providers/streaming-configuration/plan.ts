import type { dynamic } from "@pulumi/pulumi";
import type { AwsSession } from "../aws-clients.js";
import { type Fault, UNKNOWN } from "../faults.js";
import { argumentNames, isRetention, streamingConfigurationFaults, withDefaults } from "./arguments.js";
import { comparable } from "./service-shape.js";

type Arguments = Record<string, unknown>;

/** What may differ between state and program, as a diff names it. */
export const comparedNames = [...argumentNames, "owner"] as const;

/**
 * Fills in the defaults and the region: the argument's, the one the resource has, the stack's, the environment's. A
 * connector never moves: a stack that is given another region, or deployed from another place, must not stop it streaming.
 */
export async function check(aws: AwsSession, olds: Arguments, news: Arguments): Promise<dynamic.CheckResult> {
  const { owner: _owner, ...args } = news;
  const isSameConnector = args.voiceConnectorId === olds?.voiceConnectorId || args.voiceConnectorId === UNKNOWN;
  const failures = streamingConfigurationFaults(args);
  if (isSameConnector) failures.push(...decreaseFaults(olds, args));
  const profile = typeof args.profile === "string" && args.profile !== UNKNOWN ? args.profile : undefined;
  const sticky = isSameConnector ? olds?.region : undefined;
  const region = args.region ?? sticky ?? aws.stackRegion ?? (await aws.chainRegion({ profile }));
  if (region === undefined) {
    failures.push({
      property: "region",
      reason: "is not known: set the argument, the stack configuration aws:region, or AWS_REGION",
    });
  } else if (args.region === undefined) {
    failures.push(
      ...streamingConfigurationFaults({ ...args, region })
        .filter(({ property }) => property === "region")
        .map(({ property, reason }) => ({
          property,
          reason: `${reason} (found in the stack configuration or the environment)`,
        })),
    );
  }
  return { inputs: withDefaults(news, region), failures };
}

/** What is known before AWS is asked; streams that keep their media for longer than the resource says are found at up. */
function decreaseFaults(olds: Arguments, args: Arguments): Fault[] {
  const [before, hours] = [olds?.dataRetentionInHours, args.dataRetentionInHours];
  const isDecrease = isRetention(before) && isRetention(hours) && (hours as number) < (before as number);
  if (!isDecrease || args.applyRetentionToExistingStreams !== true || args.allowRetentionDecrease) return [];
  const reason =
    "is lower than before, and applyRetentionToExistingStreams is true: AWS deletes at once what existing streams have " +
    "kept for longer. Set allowRetentionDecrease to true to lose that media";
  return [{ property: "dataRetentionInHours", reason }];
}

export function diff(_id: string, olds: Arguments, news: Arguments): dynamic.DiffResult {
  const changed = comparedNames.filter((name) => comparable(name, olds[name]) !== comparable(name, news[name]));
  const replaces = changed.filter((name) => name === "voiceConnectorId" || name === "region");
  // What an earlier deployment began and did not finish, though every argument is the same.
  const isUnfinished =
    olds.isIncomplete === true ||
    (news.applyRetentionToExistingStreams === true && olds.retentionAppliedInHours !== news.dataRetentionInHours);
  return { changes: changed.length > 0 || isUnfinished, replaces, deleteBeforeReplace: true };
}
