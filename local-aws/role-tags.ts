import { AwsError, type AwsRequest } from "./exchange.js";
import type { QueryOperation } from "./query-service.js";
import type { ServiceLinkedRole } from "./service-linked-role.js";
import type { XmlElements } from "./xml.js";

const MAX_TAGS = 50;
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html */
const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** TagRole, UntagRole and ListRoleTags; service-linked roles take tags as others do. */
export function roleTagOperations(
  byName: Pick<QueryOperation, "resource" | "resourceName">,
  roleOf: (parameters: URLSearchParams, request: AwsRequest) => ServiceLinkedRole,
): Record<string, QueryOperation> {
  return {
    TagRole: {
      ...byName,
      run: (parameters, request) => {
        const role = roleOf(parameters, request);
        const added = tagsOf(parameters);
        if (new Set([...role.tags.keys(), ...added.keys()]).size > MAX_TAGS) {
          throw new AwsError("LimitExceeded", 409, `The number of tags has exceeded the maximum of ${MAX_TAGS}.`);
        }
        for (const [key, value] of added) role.tags.set(key, value);
        return undefined;
      },
    },
    UntagRole: {
      ...byName,
      run: (parameters, request) => {
        const role = roleOf(parameters, request);
        for (const key of members(parameters, "TagKeys.member.", "")) role.tags.delete(key);
        return undefined;
      },
    },
    ListRoleTags: {
      ...byName,
      run: (parameters, request) => ({ ...tagElements(roleOf(parameters, request)), IsTruncated: false }),
    },
  };
}

export function tagElements(role: ServiceLinkedRole): XmlElements {
  return { Tags: { member: [...role.tags].map(([Key, Value]) => ({ Key, Value })) } };
}

function tagsOf(parameters: URLSearchParams): Map<string, string> {
  const keys = members(parameters, "Tags.member.", ".Key");
  const values = members(parameters, "Tags.member.", ".Value");
  if (keys.length === 0) throw new AwsError("ValidationError", 400, "1 validation error detected: Tags is required.");
  if (!keys.every((key) => KEY.test(key)) || !values.every((value) => VALUE.test(value))) {
    throw new AwsError("InvalidInput", 400, "A tag's key or value has characters or a length that IAM does not take.");
  }
  return new Map(keys.map((key, i) => [key, values[i] ?? ""]));
}

function members(parameters: URLSearchParams, before: string, after: string): string[] {
  const found: string[] = [];
  for (let i = 1; i <= MAX_TAGS; i++) {
    const value = parameters.get(`${before}${i}${after}`);
    if (value !== null) found.push(value);
  }
  return found;
}
