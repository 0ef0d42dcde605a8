import { S3Client } from "@aws-sdk/client-s3";
import { namedErrors } from "../../aws/call-error.js";
import { directoryStore } from "./directory-store.js";
import type { OutputLocation } from "./output-location.js";
import type { RecordingStore } from "./recording-store.js";
import { s3Store } from "./s3-store.js";

export interface OutputStoreOptions {
  /** Region of the bucket, to begin with: a bucket elsewhere is found. */
  region: string;
  environment: NodeJS.ProcessEnv;
}

/** The store at a location. */
export function openOutputStore(output: OutputLocation, options: OutputStoreOptions): RecordingStore {
  if (output.kind === "directory") return directoryStore(output.path);
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = options.environment;
  const client = new S3Client({
    region: options.region,
    followRegionRedirects: true,
    // A bucket name cannot be put in front of an endpoint that is not Amazon's.
    forcePathStyle: Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL),
  });
  client.middlewareStack.use(namedErrors("s3", client.config));
  return s3Store({ client, bucket: output.bucket, prefix: output.prefix });
}
