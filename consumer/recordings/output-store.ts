import { S3Client } from "@aws-sdk/client-s3";
import type { Pluggable } from "@smithy/types";
import { namedErrors } from "../../aws/call-error.js";
import { HTTP_LIMITS } from "../http-limits.js";
import { directoryMarks } from "./directory-marks.js";
import { directoryStore } from "./directory-store.js";
import type { MarkStore } from "./marks.js";
import type { OutputLocation } from "./output-location.js";
import type { RecordingStore } from "./recording-store.js";
import { s3Marks } from "./s3-marks.js";
import { s3Store } from "./s3-store.js";

export interface OutputStoreOptions {
  /** Region of the bucket, to begin with: a bucket elsewhere is found. */
  region: string;
  environment: NodeJS.ProcessEnv;
  /** Where audio waits on its way to a bucket. Default: the system's directory for temporary files. */
  spoolDirectory?: string | undefined;
  /** Plug-in of the S3 client. */
  // biome-ignore lint/suspicious/noExplicitAny: a plug-in must fit any client's input and output types
  plugin?: Pluggable<any, any> | undefined;
}

/** Recordings, and the marks beside them. */
export interface OutputPlace {
  store: RecordingStore;
  marks: MarkStore;
}

/** The store at a location. */
export function openOutputStore(output: OutputLocation, options: OutputStoreOptions): RecordingStore {
  return openOutputPlace(output, options).store;
}

/** The store at a location, with its marks. */
export function openOutputPlace(output: OutputLocation, options: OutputStoreOptions): OutputPlace {
  if (output.kind === "directory") return { store: directoryStore(output.path), marks: directoryMarks(output.path) };
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = options.environment;
  const client = new S3Client({
    region: options.region,
    requestHandler: HTTP_LIMITS,
    followRegionRedirects: true,
    // A bucket name cannot be put in front of an endpoint that is not Amazon's.
    forcePathStyle: Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL),
  });
  client.middlewareStack.use(namedErrors("s3", client.config));
  if (options.plugin) client.middlewareStack.use(options.plugin);
  const { bucket, prefix } = output;
  const { spoolDirectory } = options;
  return { store: s3Store({ client, bucket, prefix, spoolDirectory }), marks: s3Marks({ client, bucket, prefix }) };
}
