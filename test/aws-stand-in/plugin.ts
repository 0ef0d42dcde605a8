import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StandInSettings } from "./clients.js";

/** What Pulumi.yaml says so that the engine starts the stand-in, and asks nobody for the real plugin. */
export const pluginYaml = `plugins:
  providers:
    - name: aws
      path: ./aws-plugin
`;

/** Writes the stand-in's executable into a project's folder. */
export async function addStandIn(projectDirectory: string): Promise<void> {
  const folder = join(projectDirectory, "aws-plugin");
  const file = join(folder, "pulumi-resource-aws");
  await mkdir(folder);
  const words = [process.execPath, "--require", require.resolve("tsx/cjs"), join(__dirname, "main.ts")];
  await writeFile(file, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  await chmod(file, 0o755);
}

/** The environment that tells the stand-in where AWS is. */
export function standInEnv(settings: StandInSettings): Record<string, string> {
  return { AWS_STAND_IN: JSON.stringify(settings), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
}
