import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ProgramFolder {
  path: string;
  remove(): Promise<void>;
}

const REPOSITORY = join(__dirname, "..");

/**
 * A user's folder with programs that import this package, which stands in its node_modules (`npm run build` makes it) with the AWS SDK
 * beside it.
 */
export async function makeProgramFolder(files: Record<string, string | Uint8Array>): Promise<ProgramFolder> {
  const path = await mkdtemp(join(tmpdir(), "chime-voice-streaming-program-"));
  await mkdir(join(path, "node_modules"));
  await symlink(REPOSITORY, join(path, "node_modules", "pulumi-chime-voice-streaming"));
  await symlink(join(REPOSITORY, "node_modules", "@aws-sdk"), join(path, "node_modules", "@aws-sdk"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
