import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import https, { Agent } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { cleanEnvironment } from "../engine/clean-environment.js";
import { installPythonTool } from "./python-tool.js";

/** An AWS that this project did not write: https://pypi.org/project/ministack. */
const VERSION = "1.5.33";
/** The same account as local-aws's. ministack takes an access key of twelve digits for the root of that account. */
export const ACCOUNT_ID = "123456789012";
const READY_WITHIN_MS = 30_000;
const READY_POLL_MS = 50;

/**
 * The whole group of processes, functions' included, ends when our end of its standard input closes: on `stop`, and just as
 * surely where this process is killed. It ends, too, when ministack does.
 */
const SUPERVISOR = '("$0"; kill -KILL 0) </dev/null & read -r _; kill -KILL 0';

const run = promisify(execFile);

export interface MinistackOptions {
  /**
   * Policies are enforced: a function's calls by its role, everybody's by the policies of buckets and queues. As those can
   * ask for TLS, it then speaks nothing else. Needs openssl. Default false.
   */
  enforcePolicies?: boolean;
}

export interface Ministack {
  readonly endpoint: string;
  /** Environment for SDKs and the AWS CLI: endpoint, region, credentials of the account's root, and whom to trust. */
  readonly env: Record<string, string>;
  /** The same for a client of the SDK in this process. */
  readonly client: ReturnType<typeof clientOf>;
  /** What it printed so far, errors of functions included. */
  log(): string;
  /** Ends it and every process that it started. */
  stop(): Promise<void>;
}

async function works(bin: string): Promise<boolean> {
  return run(join(bin, "python"), [
    "-c",
    `import ministack.app, importlib.metadata as m; assert m.version("ministack") == "${VERSION}"`,
  ]).then(
    () => true,
    () => false,
  );
}

/**
 * Starts ministack on a free port of 127.0.0.1 and waits until it answers. Where Python cannot install it, the running
 * suite is skipped with a printed reason, except that in CI (`CI=true`) it fails.
 */
export async function startMinistack(context: Mocha.Context, options: MinistackOptions = {}): Promise<Ministack> {
  const found = await installPythonTool("ministack", VERSION, works);
  if ("reason" in found) {
    if (process.env.CI === "true") throw new Error(`ministack cannot be had; tests need it in CI: ${found.reason}`);
    console.error(`      skipped: Python could not install ministack (${found.reason})`);
    return context.skip();
  }
  const folder = await mkdtemp(join(tmpdir(), "ministack-"));
  const port = await freePort();
  const enforced = options.enforcePolicies ?? false;
  const endpoint = `${enforced ? "https" : "http"}://127.0.0.1:${port}`;
  const certificate = enforced ? join(folder, "ministack-tls", "server.crt") : undefined;
  const child = spawn("sh", ["-c", SUPERVISOR, join(found.bin, "ministack")], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...cleanEnvironment(),
      // Functions run on the same Node as these tests, whatever runtime they name.
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
      TMPDIR: folder,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: ACCOUNT_ID,
      AUTH: String(enforced),
      USE_SSL: enforced ? "1" : "0",
      LOG_LEVEL: "WARNING",
      // Listeners and containers that no test here needs.
      SFTP_ENABLED: "0",
      IOT_MTLS_ENABLED: "0",
      DOCKER_HOST: "unix:///nonexistent",
    },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.stdin.destroy();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await isReady(child, endpoint, certificate))) {
    await stop();
    throw new Error(`ministack did not start:\n${log}`);
  }
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: ACCOUNT_ID,
    AWS_SECRET_ACCESS_KEY: "ministack",
    ...(certificate && { AWS_CA_BUNDLE: certificate, NODE_EXTRA_CA_CERTS: certificate }),
  };
  return { endpoint, env, client: clientOf(endpoint, certificate), log: () => log, stop };
}

function clientOf(endpoint: string, certificate: string | undefined) {
  return {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: ACCOUNT_ID, secretAccessKey: "ministack" },
    forcePathStyle: true,
    requestHandler: { httpsAgent: new Agent({ ca: certificate && readFileSync(certificate) }) },
  };
}

async function isReady(child: ChildProcess, endpoint: string, certificate: string | undefined): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < READY_WITHIN_MS; waitedMs += READY_POLL_MS) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (await answers(endpoint, certificate)) return true;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  return false;
}

function answers(endpoint: string, certificate: string | undefined): Promise<boolean> {
  // It writes its certificate while it starts.
  if (certificate && !existsSync(certificate)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const get = certificate ? https.get : http.get;
    get(`${endpoint}/_ministack/ready`, { ca: certificate && readFileSync(certificate) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
