import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { SemVer } from "semver";
import { buildEngine, goVersion } from "./build-engine.js";

/** The engine that the official installer is asked for and that a build from Go modules gives (build/go.mod). */
export const ENGINE_VERSION = "3.258.0";

/** The oldest engine on a PATH that is used as it is: the first of the supported `@pulumi/pulumi` range. */
const OLDEST_USABLE = "3.216.0";

const INSTALLER_PROBE_MS = 10_000;

export interface Engine {
  version: string;
  /** Where it came from, for people. */
  source: "PATH" | "cache" | "official installer" | "built from Go modules";
  /** A PATH on which `pulumi` and its Node plugins are found. */
  path: string;
}

export interface FindEngineOptions {
  /** Told in one line each: what is happening and why. */
  say: (line: string) => void;
  signal?: AbortSignal;
  /** Default: the process's. */
  env?: NodeJS.ProcessEnv;
  /** Asked first whether the official installer can be reached. Default: Pulumi's own address. */
  installerUrl?: string;
}

/** No engine on this machine and none to be had; the message says what to install. */
export class NoEngineError extends Error {
  override readonly name = "NoEngineError";
}

/** Where what is made or installed once per user is kept. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-chime-voice-streaming");
}

async function versionOf(binary: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const options = { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" } };
    const { stdout } = await promisify(execFile)(binary, ["version"], options);
    return new SemVer(stdout.trim()).version;
  } catch {
    return undefined;
  }
}

/**
 * The Pulumi engine: one on the PATH; else one cached earlier; else the official installer's; else one built from Go
 * modules into the per-user cache.
 * @throws NoEngineError where none of these works
 */
export async function findEngine(options: FindEngineOptions): Promise<Engine> {
  const { say, signal, env = process.env, installerUrl = "https://get.pulumi.com/install.sh" } = options;
  const onPath = await versionOf("pulumi", env);
  if (onPath && new SemVer(onPath).compare(OLDEST_USABLE) >= 0) {
    return { version: onPath, source: "PATH", path: env.PATH ?? "" };
  }
  const reasons = [onPath ? `pulumi ${onPath} on the PATH is older than ${OLDEST_USABLE}` : "no pulumi on the PATH"];

  const home = join(cacheFolder(env), `engine-${ENGINE_VERSION}`);
  const bin = join(home, "bin");
  const found = (source: Engine["source"]): Engine => ({
    version: ENGINE_VERSION,
    source,
    path: `${bin}${delimiter}${env.PATH ?? ""}`,
  });
  if ((await versionOf(join(bin, "pulumi"), env)) === ENGINE_VERSION) {
    await addNodePlugins(bin);
    return found("cache");
  }

  await mkdir(cacheFolder(env), { recursive: true });
  const staging = await mkdtemp(join(cacheFolder(env), ".making-"));
  try {
    const refused = await installOfficial(staging, installerUrl, say, signal);
    if (refused) {
      reasons.push(`the official installer: ${refused}`);
      const go = await goVersion(env);
      if (!go.usable) {
        reasons.push(go.reason);
        throw new NoEngineError(
          `No Pulumi engine (${reasons.join("; ")}). Install Pulumi from https://www.pulumi.com/docs/install/ and try again.`,
        );
      }
      say(
        `Building Pulumi ${ENGINE_VERSION} from Go modules, once on this machine, about 5 minutes: ${reasons.join("; ")}.`,
      );
      await mkdir(join(staging, "bin"));
      await buildEngine({ output: join(staging, "bin", "pulumi"), version: ENGINE_VERSION, say, signal, env });
    }
    await addNodePlugins(join(staging, "bin"));
    await rm(home, { recursive: true, force: true });
    await rename(staging, home);
    return found(refused ? "built from Go modules" : "official installer");
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Resolves with nothing, or with the reason why the installer gave no engine. */
async function installOfficial(
  root: string,
  installerUrl: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const timeout = AbortSignal.timeout(INSTALLER_PROBE_MS);
    const response = await fetch(installerUrl, {
      method: "HEAD",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) return `answered HTTP ${response.status}`;
    say(`Installing Pulumi ${ENGINE_VERSION} with the official installer into the user's cache.`);
    await PulumiCommand.install({ root, version: new SemVer(ENGINE_VERSION) });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    const cause = (error as { cause?: { code?: string } }).cause?.code;
    return `cannot be reached (${cause ?? (error as Error).message.split("\n")[0]})`;
  }
}

/**
 * The official download brings its Node plugins; beside a built engine stand a language host of ours and a script that
 * starts the SDK's own dynamic-provider process, resolved from the program's directory.
 */
async function addNodePlugins(bin: string): Promise<void> {
  const official = await access(join(bin, "pulumi-language-nodejs-exec")).then(
    () => true,
    () => false,
  );
  if (official) return;
  const host = join(__dirname, "language-host.cjs");
  const hash = createHash("sha256")
    .update(await readFile(host))
    .digest("hex")
    .slice(0, 12);
  const hostCopy = join(dirname(bin), `language-host-${hash}.cjs`);
  await copyFile(host, hostCopy);
  const scripts = {
    "pulumi-language-nodejs": `#!/bin/sh\nexec node "$(dirname "$0")/../language-host-${hash}.cjs" "$@"\n`,
    // Where nothing is installed node says so, and must not be started without a script: it would wait for one on its input.
    "pulumi-resource-pulumi-nodejs": `#!/bin/sh
script=$(node -p 'require.resolve("@pulumi/pulumi/cmd/dynamic-provider")') || exit 1
exec node "$script" "$@"
`,
  };
  for (const [name, text] of Object.entries(scripts)) {
    // Written aside and renamed: another process may be starting the old one this moment.
    const file = join(bin, name);
    const aside = `${file}.${process.pid}`;
    await writeFile(aside, text);
    await chmod(aside, 0o755);
    await rename(aside, file);
  }
}
