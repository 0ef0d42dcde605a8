import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Region } from "./cloud.js";
import { Deployment } from "./deployment.js";
import { destroyed } from "./destroy-proofs.js";
import { type LiveTask, startTask } from "./live-task.js";
import { liveProgram } from "./program.js";
import { assertRecorded, beginCall, type SpokenCall, speak } from "./recorded-call.js";
import { distinct, Rights, type Role } from "./rights.js";

const region: Region = "us-east-1";

/** What a task is allowed and does not ask for here: `<Sid> <action>`. */
const UNASKED: [pattern: RegExp, why: string][] = [
  [/^ProtectTask /, "the ECS agent asks, by the task's role"],
  [/^KeepRecordings s3:AbortMultipartUpload$/, "asked where an upload in parts, of over 5 MiB, fails half way"],
  [/^PutAside /, "asked for what is no event of ours"],
  [/^TakeEvents sqs:ChangeMessageVisibility$/, "asked where a call lasts longer than a message stays hidden"],
  [/^ReadStreams kinesisvideo:DescribeStream$/, "asked where a stream keeps nothing"],
];

/** No AWS for tests runs containers here: a process is started with what the deployed task definition says of the container. */
describe("CallAudioConsumer in live mode, deployed", function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let task: LiveTask;
  let role: Role;
  let folder: string;
  // biome-ignore lint/suspicious/noExplicitAny: as ECS answers
  let definition: any;

  before(async function () {
    deployment = await Deployment.open(this, { program: liveProgram, regions: [region], retainRecordings: false });
  });
  after(async () => {
    task?.kill();
    await deployment?.close();
  });

  it("makes a service of tasks that can be stopped in order, and expects no changes right after", async () => {
    const { cli, outputs } = deployment;
    const where = ["--cluster", outputs.cluster!, "--region", region];
    const { services } = await cli("ecs", "describe-services", "--services", outputs.service!, ...where);
    assert.equal(services[0].launchType, "FARGATE");
    assert.equal(services[0].desiredCount, 1);
    assert.equal(services[0].networkConfiguration.awsvpcConfiguration.assignPublicIp, "ENABLED");
    const named = ["--task-definition", services[0].taskDefinition, "--region", region];
    ({ taskDefinition: definition } = await cli("ecs", "describe-task-definition", ...named));
    const [container] = definition.containerDefinitions;
    assert.equal(definition.containerDefinitions.length, 1);
    assert.equal(container.readonlyRootFilesystem, true);
    assert.ok(container.stopTimeout <= 120);
    assert.ok(container.healthCheck.command.includes("--check-health"));
    assert.deepEqual(deployment.outputs.archive, {}, "no function records beside the tasks");
    await deployment.pulumi("preview", "--expect-no-changes", "--refresh");
  });

  /** Streams' media that was asked for as it comes. */
  const liveReads = () => deployment.apiCalls().filter(({ action }) => action === "kinesisvideo:GetMedia").length;

  /** EventBridge brings events while a call goes on. */
  async function deliverUntilOver(call: { ended: Promise<unknown> }): Promise<void> {
    const isOver = call.ended.then(() => true);
    await deployment.until("all events are delivered", async () => {
      const wasOver = await Promise.race([isOver, false]);
      return (await deployment.deliverEvents()).length === 0 && wasOver;
    });
    await deployment.settled(region);
  }

  it("what the task definition says is all that a worker needs: a call is recorded while it is spoken", async () => {
    folder = join(deployment.folder, "spool");
    await mkdir(folder);
    role = await new Rights(deployment).of(definition.taskRoleArn);
    task = await startTask(deployment, definition.containerDefinitions[0], role, folder);
    const call = beginCall(deployment, region, { durationMs: 60_000, speed: 1 });
    const started: string[] = [];
    await deployment.until("both legs are being read", async () => {
      started.push(...(await deployment.deliverEvents()).map(({ status }) => status));
      return started.length === 2 && task.protections().length > 0 && liveReads() === 2;
    });
    await call.hangUp();
    await deliverUntilOver(call);
    await assertRecorded(deployment, await call.ended);
    assert.equal(await readerOf(await call.ended), "live");
  });

  it("a call of whose beginning nobody heard is recorded out of what its streams keep", async () => {
    deployment.chime.control.addFault({ kind: "loseEvent", streamingStatus: "STARTED" });
    const call = await speak(deployment, region);
    await deployment.deliverEvents();
    deployment.chime.control.clearFaults();
    await deployment.settled(region);
    await assertRecorded(deployment, call);
    assert.equal(await readerOf(call), "archive");
  });

  it("the task is protected while calls are read, and healthy", async () => {
    assert.equal(task.protections()[0], true);
    await deployment.until("it is protected no more", async () => task.protections().at(-1) === false);
    assert.equal(await task.checkHealth(), 0);
  });

  it("ECS stops it in the middle of a call: it ends in order, and the next task records all of the call", async () => {
    const protections = task.protections().length;
    const call = beginCall(deployment, region, { durationMs: 60_000, speed: 1 });
    const reads = liveReads();
    await deployment.until("the call is being read", async () => {
      await deployment.deliverEvents();
      return task.protections().length > protections && liveReads() === reads + 2;
    });
    assert.equal(await task.stop(), 0, task.output());
    await call.hangUp();
    task = await startTask(deployment, definition.containerDefinitions[0], role, folder);
    await deliverUntilOver(call);
    await assertRecorded(deployment, await call.ended);
    assert.equal(await task.stop(), 0, task.output());
  });

  async function readerOf({ transactionId }: SpokenCall): Promise<string> {
    const names = Object.keys(await deployment.recordings());
    const sidecar = names.find((name) => name.startsWith(`${transactionId}_`) && /_\d+\.json$/.test(name));
    return JSON.parse((await deployment.read(sidecar!)).toString()).reader;
  }

  it("no call was refused, and every action that its role allows is one that it asked for", async () => {
    const rights = new Rights(deployment);
    const { statements } = await rights.of(definition.taskRoleArn);
    const calls = distinct(deployment.apiCalls().filter(({ caller }) => caller === "worker"));
    assert.deepEqual(
      calls.filter(({ status }) => status === 401 || status === 403),
      [],
    );
    for (const call of calls) assert.equal(await rights.allow(statements, call), true, JSON.stringify(call));
    const unasked = await rights.unasked(statements, calls);
    assert.deepEqual(
      unasked.filter((entry) => !UNASKED.some(([pattern]) => pattern.test(entry))),
      [],
    );
  });

  it("destroy leaves nothing, as recordings are not to be kept", async () => {
    assert.ok(Object.keys(await deployment.objects()).length > 0);
    assert.deepEqual(await destroyed(deployment, [region]), []);
  });
});
