/**
 * For clients of services that answer at once, or after 20 s at most: without limits a connection that died without a word is
 * waited on for ever. The second is of a connection on which nothing moves, so an upload may take as long as it has to.
 */
export const HTTP_LIMITS = { connectionTimeout: 5_000, socketTimeout: 60_000 } as const;
