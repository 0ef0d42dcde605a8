import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json, text } from "node:stream/consumers";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";

const repository = join(__dirname, "..", "..", "..");

interface Image {
  environment: Record<string, string>;
  user: { uid: number; gid: number };
  entrypoint: string[];
  healthCheck: string[];
  copied: { from: string; to: string; mode: number };
}

/** What the last stage of a Dockerfile says, as far as it matters here. */
function imageOf(dockerfile: string): Image {
  const logical = dockerfile.replace(/^#.*\n/gm, "").replace(/\\\n\s*/g, "");
  const stage = logical.slice(logical.lastIndexOf("\nFROM ") + 1);
  const argumentsOf = (instruction: string) => {
    const found = new RegExp(`^${instruction} (.*)$`, "m").exec(stage)?.[1];
    assert(found, `the last stage has no ${instruction}`);
    return found;
  };
  const [uid, gid] = argumentsOf("USER").split(":").map(Number);
  const [, mode, from, to] = /^COPY --chmod=(\d+) (\S+) (\S+)$/m.exec(stage)!;
  return {
    environment: Object.fromEntries(
      argumentsOf("ENV")
        .split(/\s+/)
        .map((pair) => pair.split("=") as [string, string]),
    ),
    user: { uid: uid!, gid: gid! },
    entrypoint: JSON.parse(argumentsOf("ENTRYPOINT")),
    healthCheck: JSON.parse(argumentsOf("HEALTHCHECK").replace(/^.* CMD /, "")),
    copied: { from: from!, to: to!, mode: Number.parseInt(mode!, 8) },
  };
}

/** Amazon ECS's agent, as far as it protects tasks. */
async function startAgent() {
  const requests: unknown[] = [];
  const server = createServer(async (request, response) => {
    assert.deepEqual([request.method, request.url], ["PUT", "/api/task-protection/v1/state"]);
    requests.push(await json(request));
    response.end(JSON.stringify({ protection: requests.at(-1) }));
    server.emit("asked");
  });
  const isAsked = async (times: number) => {
    while (requests.length < times) await once(server, "asked");
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { agentUri: `http://127.0.0.1:${port}/api`, requests, isAsked, close };
}

/** The image's file, environment, user and commands, without an engine for containers: only its root is another folder. */
describe("the worker's container image", function () {
  this.timeout(30_000);
  let telephone: Telephone;
  let s3: S3Client;
  let root: string;
  let image: Image;
  const running = new Set<ChildProcess>();

  before(async () => {
    image = imageOf(await readFile(join(repository, "consumer", "Dockerfile"), "utf8"));
    telephone = await startTelephone();
    s3 = new S3Client({ region: "us-east-1", forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "recordings" }));
    root = await mkdtemp(join(tmpdir(), "container-"));
    await mkdir(join(root, "app"));
    await mkdir(join(root, "spool"));
    await copyFile(join(repository, image.copied.from), join(root, image.copied.to));
    await chmod(join(root, image.copied.to), image.copied.mode);
    await chmod(join(root, "app"), 0o555);
    await chmod(root, 0o555);
    if (process.getuid?.() === 0) await chown(join(root, "spool"), image.user.uid, image.user.gid);
  });

  afterEach(async () => {
    for (const child of running) child.kill("SIGKILL");
  });

  after(async () => {
    s3.destroy();
    await telephone.close();
    await chmod(root, 0o755);
    await chmod(join(root, "app"), 0o755);
    await rm(root, { recursive: true });
  });

  const inRoot = (path: string) => (path.startsWith("/") ? join(root, path) : path);

  function run([program, ...args]: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    assert.equal(program, "node");
    const { PATH: _, ...own } = image.environment;
    const folders = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, inRoot(value)]));
    const child = spawn(process.execPath, args.map(inRoot), {
      cwd: join(root, "app"),
      env: { ...folders, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      // Only root may start something as somebody else.
      ...(process.getuid?.() === 0 && image.user),
    });
    running.add(child);
    child.once("close", () => running.delete(child));
    return child;
  }

  async function health(): Promise<{ exitCode: number; stderr: string }> {
    const child = run(image.healthCheck);
    const [stderr, [exitCode]] = await Promise.all([text(child.stderr!), once(child, "close")]);
    return { exitCode, stderr };
  }

  it("runs as a user with a number that is not root's", () => {
    assert(image.user.uid > 0 && image.user.gid > 0);
  });

  it("is not healthy before its worker runs", async () => {
    const { exitCode, stderr } = await health();
    assert.equal(exitCode, 1);
    assert.match(stderr, /no worker has touched .*healthy/);
  });

  it("records calls with nothing to write but its spool, is healthy, and ends on SIGTERM", async () => {
    const caller = speech(1, 6_000);
    const callee = speech(2, 5_000);
    const { agentUri, requests, isAsked, close } = await startAgent();
    const worker = run(image.entrypoint, {
      ...telephone.aws.env,
      ECS_AGENT_URI: agentUri,
      MODE: "live",
      OUTPUT: "s3://recordings/calls",
      WAIT_TIME_SECONDS: "1",
      METRICS_NAMESPACE: "Calls",
    });
    const ended = once(worker, "close");
    const errors = text(worker.stderr!);
    const lines = createInterface({ input: worker.stdout! })[Symbol.asyncIterator]();
    const next = async () => {
      const { value, done } = await lines.next();
      return done ? assert.fail(`the worker ended: ${await errors}`) : JSON.parse(value);
    };
    const gauge = await next();
    assert.deepEqual([gauge.Region, gauge.LegsInProgress], ["us-east-1", [0]]);

    telephone.startCall(caller, callee, 10);
    const sidecars: Sidecar[] = [await next(), await next()];
    for (const { isCaller, complete, audio } of sidecars) {
      assert.equal(complete, true);
      const Key = audio.location.replace("s3://recordings/", "");
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: "recordings", Key }));
      const wav = Buffer.from(await Body!.transformToByteArray());
      assert.deepEqual(wav.subarray(44), isCaller ? caller : callee);
    }
    assert.deepEqual(await health(), { exitCode: 0, stderr: "" });
    await isAsked(2);
    assert.deepEqual(requests, [{ ProtectionEnabled: true, ExpiresInMinutes: 30 }, { ProtectionEnabled: false }]);

    worker.kill("SIGTERM");
    assert.equal((await ended)[0], 0, await errors);
    const last = await next();
    assert.deepEqual([last.LegsRecorded, last.EventsStarted, last.PickupLag.length], [2, 2, 2]);
    assert.deepEqual(await readdir(join(root, "app")), ["worker.js"]);
    assert.deepEqual(await readdir(join(root, "spool")), ["healthy"]);
    await close();
  });

  it("is not healthy any more when its worker has stood still for a minute", async () => {
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(root, "spool", "healthy"), anHourAgo, anHourAgo);
    assert.equal((await health()).exitCode, 1);
  });
});
