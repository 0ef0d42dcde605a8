import assert from "node:assert/strict";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import { reconcileHandler } from "../../../consumer/lambda/reconcile.js";
import { hourOf } from "../../../consumer/reconcile/connector-streams.js";
import { speech } from "../telephone.js";
import { type ArchiveOffice, contextOf, openArchiveOffice } from "./archive-office.js";

/** Nobody has spoken for a tenth of a second after so many attempts, or something is wrong. */
const MAX_ATTEMPTS = 100;

describe("reconcile function", () => {
  let office: ArchiveOffice;
  let lines: string[];
  let logged: string[];
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);
  const byBytes = (a: Buffer, b: Buffer) => Buffer.compare(a, b);

  beforeEach(async () => {
    office = await openArchiveOffice();
    office.restart({ END_LIMIT_SECONDS: "5" });
    lines = [];
    logged = [];
  });
  afterEach(() => office.close());

  function handler(environment: NodeJS.ProcessEnv = {}) {
    return reconcileHandler(
      {
        ...process.env,
        OUTPUT: "s3://calls/of/ours",
        VOICE_CONNECTOR_IDS: office.telephone.voiceConnectorId,
        METRICS_NAMESPACE: "CallAudio",
        HOLD_LIMIT_SECONDS: "0.1",
        ENDED_PATIENCE_SECONDS: "0",
        LIST_REQUESTS_PER_SECOND: "30",
        ...environment,
      },
      { metrics: (line) => lines.push(line), log: { write: (line) => logged.push(line) } },
    );
  }

  const found = () =>
    lines.reduce((sum, line) => sum + ((JSON.parse(line).LegsFoundByReconciliation as number | undefined) ?? 0), 0);

  /** Until both legs are announced: they have to have been silent for a moment. */
  async function reconcileUntilFound(event: () => object): Promise<void> {
    for (let attempt = 0; found() < 2; attempt++) {
      assert(attempt < MAX_ATTEMPTS, `${found()} legs were found`);
      await handler()(event(), contextOf());
    }
  }

  it("finds a leg whose ENDED was lost, and the archive function records it as it was spoken", async () => {
    office.telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    await office.telephone.call(caller, callee);
    await office.deliverAll();
    assert.deepEqual(await office.sidecars(), []);
    await reconcileUntilFound(() => ({ tier: "marks", time: "2026-01-31T03:00:00Z" }));
    await office.deliverAll();
    assert.deepEqual((await office.spoken()).sort(byBytes), [caller, callee].sort(byBytes));
    assert.deepEqual(await office.marks(), []);
  });

  it("finds a call that nobody was told of, at the hours of its streams", async () => {
    office.telephone.aws.control.addFault({ kind: "loseEvent" });
    await office.telephone.call(caller, callee);
    const hours = office.telephone.aws.control.state().streams.map(({ arn }) => hourOf(parseStreamArn(arn)!));
    let turn = 0;
    const timeOf = (hour: number) => new Date(Date.UTC(2026, 0, 31, hour)).toISOString();
    await reconcileUntilFound(() => ({ tier: "sweep", time: timeOf(hours[turn++ % 2]!) }));
    await office.deliverAll();
    assert.deepEqual((await office.spoken()).sort(byBytes), [caller, callee].sort(byBytes));
    for (const hour of hours) await handler()({ tier: "sweep", time: timeOf(hour) }, contextOf());
    assert.equal(found(), 2);
    assert.deepEqual(await office.left(), { visible: 0, hidden: 0 });
  });

  it("takes a plain scheduled event for the cheaper tier", async () => {
    const event = { "detail-type": "Scheduled Event", source: "aws.events", time: "2026-01-31T03:00:00Z", detail: {} };
    assert.deepEqual(await handler()(event, contextOf()), { done: 0, left: 0 });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).RetentionUsed),
      [[0]],
    );
  });

  it("has no time, and says so", async () => {
    const { left } = await handler()({ tier: "sweep" }, contextOf(0));
    assert(left > 0);
    assert(lines.some((line) => JSON.parse(line).SweepUnfinished === 1));
  });

  it("counts throttles, and gets over them", async () => {
    office.telephone.aws.control.addFault({ kind: "throttle", actions: ["kinesisvideo:ListStreams"], times: 2 });
    await handler()({ tier: "sweep", time: "2026-01-31T03:00:00Z" }, contextOf());
    assert(lines.some((line) => JSON.parse(line).Throttles === 2));
  });

  it("logs neither numbers nor headers", async () => {
    office.telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    await office.telephone.call(caller, callee);
    await office.deliverAll();
    await reconcileUntilFound(() => ({ tier: "marks" }));
    assert(logged.some((line) => line.includes("nobody has recorded this leg")));
    assert(!logged.join("").includes("1555"));
  });

  it("names every variable that is missing", async () => {
    const environment = { QUEUE_URL: "", VOICE_CONNECTOR_IDS: "" };
    await assert.rejects(handler(environment)({ tier: "marks" }, contextOf()), /QUEUE_URL .*VOICE_CONNECTOR_IDS /);
  });
});
