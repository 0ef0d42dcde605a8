import assert from "node:assert/strict";
import type { Deployment } from "./deployment.js";
import { assertCounted, assertRecorded, metricSum, type SpokenCall, speak } from "./recorded-call.js";

/** Calls, their events as EventBridge would deliver them, and what is in the bucket then. */
export function recordingProofs(deployed: () => Deployment): void {
  let first: SpokenCall;
  let events: Awaited<ReturnType<Deployment["deliverEvents"]>>;
  let recorded: Record<string, string>;

  it("a call is recorded as it was spoken, sample by sample, both legs and the stereo file", async () => {
    const deployment = deployed();
    first = await speak(deployment, "us-east-1");
    events = await deployment.deliverEvents();
    assert.deepEqual(events.map(({ status }) => status).sort(), ["ENDED", "ENDED", "STARTED", "STARTED"]);
    assert.ok(events.every(({ isDelivered }) => isDelivered));
    await deployment.settled("us-east-1");
    await assertRecorded(deployment, first);
    assert.deepEqual(Object.keys(await deployment.objects()).sort(), Object.keys(await deployment.recordings()).sort());
  });

  it("a second delivery changes nothing", async () => {
    const deployment = deployed();
    recorded = await deployment.recordings();
    for (const { body } of events) await deployment.deliver(body);
    await deployment.settled("us-east-1");
    assert.deepEqual(await deployment.objects(), recorded);
  });

  it("a call in another region is recorded there, into the same bucket", async () => {
    const deployment = deployed();
    const call = await speak(deployment, "eu-central-1");
    await deployment.deliverEvents();
    await deployment.settled("eu-central-1");
    await assertRecorded(deployment, call);
    const { archive } = deployment.outputs;
    await assertCounted(deployment, archive["eu-central-1"]!, "LegsRecorded", 2);
    await assertCounted(deployment, archive["us-east-1"]!, "LegsRecorded", 2);
  });

  it("a leg whose end comes before its last fragment is listed ends complete all the same", async () => {
    const deployment = deployed();
    deployment.chime.control.change({ listFragmentsLagMs: 2_000 });
    try {
      const call = await speak(deployment, "us-east-1");
      await deployment.deliverEvents();
      await deployment.settled("us-east-1");
      await assertRecorded(deployment, call);
    } finally {
      deployment.chime.control.change({ listFragmentsLagMs: 0 });
    }
  });

  it("a leg that cannot be read at first is tried again", async () => {
    const deployment = deployed();
    const archive = deployment.outputs.archive["us-east-1"]!;
    const tries = await metricSum(deployment, archive, "Retries");
    const refusal = { code: "ValidationException", httpStatus: 400 };
    deployment.chime.control.addFault({ kind: "error", actions: ["kinesisvideo:ListFragments"], times: 1, ...refusal });
    const call = await speak(deployment, "us-east-1");
    await deployment.deliverEvents();
    await deployment.settled("us-east-1");
    await assertRecorded(deployment, call);
    await assertCounted(deployment, archive, "Retries", tries + 1);
  });

  it("what is no event of ours is in the dead-letter queue as it came, with the reason", async () => {
    const deployment = deployed();
    const before = await deployment.objects();
    const ended = JSON.parse(events.find(({ status }) => status === "ENDED")!.body);
    const changed = (detail: object) => JSON.stringify({ ...ended, detail: { ...ended.detail, ...detail } });
    const stranger = ended.detail.streamArn.replace("123456789012", "210987654321");
    const poison = {
      malformed: "hello",
      controlCharacters: changed({ transactionId: "one\nline" }),
      otherAccount: changed({ streamArn: stranger }),
      otherRegion: changed({ streamArn: ended.detail.streamArn.replace("us-east-1", "us-west-2") }),
      otherConnector: changed({ voiceConnectorId: deployment.connectors["eu-central-1"] }),
      status: changed({ streamingStatus: "PAUSED" }),
    };
    for (const body of Object.values(poison)) await deployment.send("us-east-1", body);
    await deployment.settled("us-east-1");
    const letters = await deployment.takeDeadLetters("us-east-1");
    assert.deepEqual(letters.map(({ Body }) => Body).sort(), Object.values(poison).sort());
    for (const { MessageAttributes } of letters) assert.match(MessageAttributes!.reason!.StringValue!, /\w+: \w+/);
    assert.deepEqual(await deployment.objects(), before);
    await assertCounted(deployment, deployment.outputs.archive["us-east-1"]!, "EventsRefused", letters.length);
  });

  it("an id that leads elsewhere leads nowhere", async () => {
    const deployment = deployed();
    const before = await deployment.objects();
    const started = JSON.parse(events.find(({ status }) => status === "STARTED")!.body);
    const detail = { ...started.detail, transactionId: "../../../etc/passwd" };
    await deployment.send("us-east-1", JSON.stringify({ ...started, detail }));
    await deployment.settled("us-east-1");
    const added = Object.keys(await deployment.objects()).filter((name) => !(name in before));
    assert.equal(added.length, 1);
    assert.match(added[0]!, /^marks\/started\/[^/]+\.json$/);
    await deployment.remove(added[0]!);
  });

  it("a call that Chime could not stream raises a metric", async () => {
    const deployment = deployed();
    deployment.chime.control.addFault({ kind: "streamingFailure", reason: "Internal failure" });
    await speak(deployment, "us-east-1");
    const failed = await deployment.deliverEvents();
    assert.deepEqual(
      failed.map(({ status, isDelivered }) => [status, isDelivered]),
      [
        ["FAILED", true],
        ["FAILED", true],
      ],
    );
    await deployment.settled("us-east-1");
    await assertCounted(deployment, deployment.outputs.archive["us-east-1"]!, "EventsFailed", 2);
  });
}
