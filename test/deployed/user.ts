import { S3Client } from "@aws-sdk/client-s3";
import type { Deployment } from "./deployment.js";

/** Somebody with an access key; the root of an account is above the policies that ministack enforces. */
export interface User {
  s3: S3Client;
  /** For a process of theirs. */
  env: Record<string, string>;
  /** Gives these rights and no others. */
  allow(policy: string): Promise<void>;
}

export async function newUser({ cli, ministack }: Deployment, name: string): Promise<User> {
  const user = ["--user-name", name];
  await cli("iam", "create-user", ...user);
  const { AccessKey } = await cli("iam", "create-access-key", ...user);
  const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  return {
    env: { AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey },
    s3: new S3Client({ ...ministack.client, credentials }),
    allow: (policy) => cli("iam", "put-user-policy", ...user, "--policy-name", "own", "--policy-document", policy),
  };
}
