import { AwsCallError } from "../../aws/call-error.js";
import type { AwsSession } from "../aws-clients.js";
import type { AccountScope } from "../credentials.js";

/** A connector made a moment ago may not be known everywhere yet: a call to it is made again after these pauses. */
export const NEW_CONNECTOR_PAUSES_MS: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Makes a call that names a connector, again after each pause where the connector is not found.
 * @throws Error that names the connector, its region and the account where it is not found after all
 */
export async function onceVisible<T>(
  aws: AwsSession,
  place: AccountScope & { voiceConnectorId: string; region: string },
  pausesMs: readonly number[],
  call: () => Promise<T>,
): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await call();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await aws.sleep(pauseMs);
    }
  }
  try {
    return await call();
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const where = `${place.region} of AWS account ${await aws.accountId(place)}`;
    const message = `There is no Voice Connector ${place.voiceConnectorId} in ${where}. ${(error as Error).message}`;
    throw new Error(message, { cause: error });
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof AwsCallError && error.kind === "notFound";
