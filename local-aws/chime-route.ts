import type { Region } from "./accounts.js";
import type { AwsRequest } from "./exchange.js";

export interface ChimeContext {
  readonly request: AwsRequest;
  readonly region: Region;
  /** The first group of the path, decoded; empty where it has none. */
  readonly id: string;
}

/** One call of the Chime SDK Voice API. */
export interface ChimeRoute {
  readonly name: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: RegExp;
  /** Value of the `operation` query parameter by which some calls that share a path are told apart. */
  readonly queryOperation?: string;
  /** Default 200. Without a document it is 204. */
  readonly status?: number;
  run(context: ChimeContext): object | undefined;
}
