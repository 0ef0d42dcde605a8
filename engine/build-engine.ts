import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { SemVer } from "semver";

/** The Go version that the engine's modules ask for (build/go.mod). */
const OLDEST_GO = "1.25.11";
const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const LINE_EVERY_MS = 30_000;
const MOST_LISTING_BYTES = 1 << 24;

export async function goVersion(env: NodeJS.ProcessEnv): Promise<{ usable: true } | { usable: false; reason: string }> {
  try {
    const { stdout } = await promisify(execFile)("go", ["env", "GOVERSION"], { env });
    const version = stdout.trim().replace(/^go/, "");
    // Go's own toolchain switch fetches a newer one where the network allows, from 1.21 on.
    if (new SemVer(version, { loose: true }).compare(OLDEST_GO) >= 0) return { usable: true };
    return { usable: false, reason: `Go ${version} is older than ${OLDEST_GO}` };
  } catch {
    return { usable: false, reason: `no Go ${OLDEST_GO} or newer to build it with` };
  }
}

export interface BuildEngineOptions {
  output: string;
  version: string;
  say: (line: string) => void;
  signal?: AbortSignal;
  env: NodeJS.ProcessEnv;
}

/** Builds the engine's command line from the Go module proxy (build/go.mod and go.sum pin every module). */
export async function buildEngine({ output, version, say, signal, env }: BuildEngineOptions): Promise<void> {
  const options = {
    cwd: join(__dirname, "build"),
    env: { ...env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local" },
  } as const;
  say("Downloading Go modules (about 1.6 GB).");
  const listing = await promisify(execFile)("go", ["list", "-deps", PACKAGE], {
    ...options,
    maxBuffer: MOST_LISTING_BYTES,
    signal,
    killSignal: "SIGINT",
  });
  const total = listing.stdout.split("\n").length;
  const stamp = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`;
  const build = spawn("go", ["build", "-v", "-trimpath", "-ldflags", `-s -w ${stamp}`, "-o", output, PACKAGE], {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
  });
  // Asked to stop, go ends its compilers and removes what it had begun; that is waited for.
  const stop = () => build.kill("SIGINT");
  signal?.addEventListener("abort", stop, { once: true });
  const closed = once(build, "close");
  try {
    const lastLine = await tellProgress(build.stderr, total, say);
    const [code] = await closed;
    signal?.throwIfAborted();
    if (code !== 0) throw new Error(`go build ended with ${code}: ${lastLine}`);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** @param names a line for each package that go has compiled. @returns the last line */
async function tellProgress(names: Readable, total: number, say: (line: string) => void): Promise<string> {
  let compiled = 0;
  let saidAtMs = Date.now();
  let lastLine = "";
  for await (lastLine of createInterface({ input: names })) {
    compiled++;
    if (Date.now() - saidAtMs < LINE_EVERY_MS) continue;
    saidAtMs = Date.now();
    say(`Compiled ${compiled} of at most ${total} packages.`);
  }
  return lastLine;
}
