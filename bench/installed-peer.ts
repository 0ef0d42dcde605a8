import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../engine/find-engine.js";
import type { BenchContext } from "./bench-context.js";
import { PeerMissing } from "./row.js";

const INSTALL_LIMIT_MS = 5 * 60_000;

/** The same for as long as nothing in the folder changes. */
async function fingerprint(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(file.slice(folder.length)).update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * A peer out of a package registry, kept in the user's cache beside the engine: peers are nobody's dependency.
 * @param name a folder of `bench/peers` that says exactly what is to be installed
 * @param install the command that does so, run in a copy of that folder
 * @param cache where it is kept; default: the user's cache folder
 * @returns the copy
 * @throws {PeerMissing} where it cannot be installed
 */
export async function installedPeer(
  name: string,
  install: readonly [string, ...string[]],
  { say, signal }: Pick<BenchContext, "say" | "signal">,
  cache = cacheFolder(process.env),
): Promise<string> {
  const source = join(__dirname, "peers", name);
  const home = join(cache, `bench-peer-${name}-${await fingerprint(source)}`);
  if (await isThere(home)) return home;
  const [program, ...args] = install;
  say(`installing ${name} with ${program}, once on this machine`);
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, ".making-"));
  try {
    await cp(source, staging, { recursive: true });
    await promisify(execFile)(program, args, { cwd: staging, signal, timeout: INSTALL_LIMIT_MS });
    await rename(staging, home).catch(async (error: unknown) => {
      // Another run was quicker.
      if (!(await isThere(home))) throw error;
    });
    return home;
  } catch (error) {
    signal.throwIfAborted();
    const { code, stderr, stdout, message } = error as NodeJS.ErrnoException & { stderr?: string; stdout?: string };
    if (code === "ENOENT") throw new PeerMissing(`${program} is not on the PATH`);
    // npm complains on stderr, Maven on stdout.
    const said = (stderr?.trim() || stdout?.trim() || message).split("\n")[0];
    throw new PeerMissing(`${program} could not install it: ${said}`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
