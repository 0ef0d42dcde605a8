import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PulumiProject } from "../../engine/pulumi-project.js";
import { engine } from "../engine/stack.js";

const REPOSITORY = join(__dirname, "..", "..");
const FILES = ["Pulumi.yaml", "package.json", "stack/index.ts", "stack/configuration.ts", "stack/tsconfig.json"];

/**
 * A clone of the repository after `npm ci`, as far as its root stack goes: its files, what npm installed and what
 * `npm ci` built.
 * @param without what a clone has not got, e.g. `node_modules` before `npm ci`
 */
export async function cloneRepository(
  env: Record<string, string>,
  { without = [] }: { without?: string[] } = {},
): Promise<PulumiProject> {
  const texts = await Promise.all(FILES.map(async (file) => [file, await readFile(join(REPOSITORY, file), "utf8")]));
  const project = await PulumiProject.create({
    engine: await engine(),
    env,
    files: Object.fromEntries(texts),
    linked: [],
  });
  for (const folder of ["node_modules", "dist"]) {
    if (!without.includes(folder)) await symlink(join(REPOSITORY, folder), join(project.directory, folder));
  }
  return project;
}
