/**
 * One page of a list, and the token of the next. The token is the index to go on at: enough for lists that only grow.
 */
export function pageOf<T>(
  items: readonly T[],
  token: string | undefined,
  maxResults: number,
): { items: T[]; nextToken?: string } | undefined {
  const start = token ? Number(Buffer.from(token, "base64").toString("utf8")) : 0;
  if (!Number.isInteger(start) || start < 0) return undefined;
  const end = start + maxResults;
  return {
    items: items.slice(start, end),
    ...(end < items.length && { nextToken: Buffer.from(String(end)).toString("base64") }),
  };
}
