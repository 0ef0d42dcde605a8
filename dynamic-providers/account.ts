import type { AwsSession } from "./aws-clients.js";
import type { AccountScope } from "./credentials.js";

/**
 * Under another account's credentials a resource looks deleted. The account is compared before anything is read as gone
 * or touched.
 * @param what the resource, for the message
 * @returns the account
 * @throws Error that names both accounts, or the configuration that excludes the account
 */
export async function assertSameAccount(
  aws: AwsSession,
  resource: AccountScope & { accountId?: string },
  what: string,
): Promise<string> {
  const current = await aws.accountId(resource);
  // State of a create that was interrupted has no account yet.
  if (!resource.accountId || current === resource.accountId) return current;
  throw new Error(
    `The credentials are of AWS account ${current}, but ${what} is in account ${resource.accountId}. ` +
      "Nothing was read or changed. Use that account's credentials.",
  );
}
