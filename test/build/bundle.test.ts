import assert from "node:assert/strict";
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";
import { speech, startTelephone, type Telephone } from "../consumer/telephone.js";
import { runNode } from "./bundle-process.js";

const repository = join(__dirname, "..", "..");
const lambdaBundle = join(repository, "dist", "bundles", "lambda", "index.js");
const workerBundle = join(repository, "dist", "bundles", "worker", "worker.js");
const MAX_LAMBDA_BYTES = 1_500_000;

const build = () => runNode(repository, [join("build", "bundle.mjs")], {});

/** As Lambda's poller does: what is in the queue, in one event. */
const INVOKE = `
const { archive } = require("./index.js");
const records = JSON.parse(require("node:fs").readFileSync("records.json", "utf8"));
const context = { awsRequestId: "1", getRemainingTimeInMillis: () => 60_000 };
archive({ Records: records }, context).then((answer) => console.log(JSON.stringify({ answer })));
`;

describe("the bundles", () => {
  let telephone: Telephone;
  let folder: string;
  const caller = speech(1, 3_000);
  const callee = speech(2, 2_000);

  before(async () => {
    const { code, stderr } = await build();
    assert.equal(code, 0, stderr);
  });

  beforeEach(async () => {
    telephone = await startTelephone();
    folder = await mkdtemp(join(tmpdir(), "bundle-"));
  });

  afterEach(async () => {
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  async function assertSpoken(): Promise<void> {
    const sidecars = (await readdir(join(folder, "out"))).filter((name) => /_\d+\.json$/.test(name));
    assert.equal(sidecars.length, 2);
    const spoken: Buffer[] = [];
    const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
    for (const name of sidecars) {
      const sidecar: Sidecar = JSON.parse(await readFile(join(folder, "out", name), "utf8"));
      assert.equal(sidecar.complete, true);
      assert.deepEqual(sidecar.package, { name: "pulumi-chime-voice-streaming", version });
      spoken.push((await readFile(join(folder, sidecar.audio.location))).subarray(44));
    }
    for (const pcm of [caller, callee]) assert(spoken.some((recorded) => recorded.equals(pcm)));
  }

  it("of the functions is smaller than its budget", async () => {
    const { size } = await stat(lambdaBundle);
    assert(size < MAX_LAMBDA_BYTES, `${size} bytes`);
  });

  it("of the functions records a call where there is nothing but itself", async () => {
    await telephone.call(caller, callee);
    const { queues } = telephone.aws.control.state();
    const bodies = queues.find(({ url }) => url === telephone.aws.env.QUEUE_URL)!.bodies;
    const records = bodies.map((body, i) => ({ messageId: `${i}`, receiptHandle: "none", body, attributes: {} }));
    await copyFile(lambdaBundle, join(folder, "index.js"));
    await writeFile(join(folder, "records.json"), JSON.stringify(records));
    await writeFile(join(folder, "invoke.js"), INVOKE);
    const { code, stdout, stderr } = await runNode(folder, ["invoke.js"], {
      ...telephone.aws.env,
      OUTPUT: "out",
      MAX_RECEIVE_COUNT: "5",
      METRICS_NAMESPACE: "CallAudio",
    });
    assert.equal(code, 0, stderr);
    const printed = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(printed.at(-1), { answer: { batchItemFailures: [] } });
    assert.equal(printed[0].LegsRecorded, 2);
    const logged = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).msg);
    assert.equal(logged.filter((message) => message === "recorded").length, 2);
    await assertSpoken();
  });

  it("of the functions has both handlers, and names what is wrong by its own name", async () => {
    await copyFile(lambdaBundle, join(folder, "index.js"));
    const script = `
      const functions = require("./index.js");
      console.log(Object.keys(functions).sort().join());
      functions.archive({ Records: [] }, { getRemainingTimeInMillis: () => 1e4 }).catch((error) => console.log(error.name));`;
    const { stdout, stderr } = await runNode(folder, ["-e", script], {});
    assert.deepEqual(stdout.trim().split("\n"), ["archive,reconcile", "WorkerConfigError"]);
    assert.equal(JSON.parse(stderr.trim()).err.type, "WorkerConfigError");
  });

  it("of the worker records a call where there is nothing but itself, and ends in order", async () => {
    await telephone.call(caller, callee);
    await copyFile(workerBundle, join(folder, "worker.js"));
    const { code, stdout, stderr } = await runNode(folder, ["worker.js"], {
      ...telephone.aws.env,
      OUTPUT: "out",
      EXIT_WHEN_EMPTY: "true",
      WAIT_TIME_SECONDS: "1",
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim().split("\n").length, 2);
    assert.equal(JSON.parse(stderr.trim().split("\n").at(-1)!).msg, "worker stopped");
    await assertSpoken();
  });

  it("of the worker says what is wrong with its environment", async () => {
    await copyFile(workerBundle, join(folder, "worker.js"));
    const { code, stderr } = await runNode(folder, ["worker.js"], { QUEUE_URL: "x", OUTPUT: "s3://A" });
    assert.equal(code, 2);
    assert.match(stderr, /^error: QUEUE_URL .*OUTPUT .*AWS_REGION/);
  });

  it("are not made again where nothing has changed", async () => {
    assert.equal((await build()).code, 0);
    const { mtimeMs } = await stat(lambdaBundle);
    assert.equal((await build()).code, 0);
    assert.equal((await stat(lambdaBundle)).mtimeMs, mtimeMs);
  });
});
