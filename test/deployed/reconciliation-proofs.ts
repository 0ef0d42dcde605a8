import assert from "node:assert/strict";
import type { Region } from "./cloud.js";
import type { Deployment } from "./deployment.js";
import { assertCounted, assertRecorded, metricSum, speak } from "./recorded-call.js";

const HOURS_A_DAY = 24;

/** What EventBridge loses is found by the function that schedules invoke, with what their targets give it. */
export function reconciliationProofs(deployed: () => Deployment): void {
  const region: Region = "us-east-1";

  /** What a schedule of the region gives the function, as deployed. @returns the text for a time */
  async function schedule(tier: "marks" | "sweep"): Promise<(time: Date) => unknown> {
    const { cli, outputs } = deployed();
    const where = ["--region", region];
    const arn = outputs.reconcile[region]!;
    const { RuleNames } = await cli("events", "list-rule-names-by-target", "--target-arn", arn, ...where);
    for (const rule of RuleNames) {
      const { Targets } = await cli("events", "list-targets-by-rule", "--rule", rule, ...where);
      const { InputPathsMap, InputTemplate } = Targets[0].InputTransformer;
      assert.deepEqual(InputPathsMap, { time: "$.time" });
      const at = (time: Date) => JSON.parse(InputTemplate.replace("<time>", JSON.stringify(time.toISOString())));
      if (at(new Date()).tier === tier) return at;
    }
    return assert.fail(`no schedule for ${tier}`);
  }

  const marks = async () => Object.keys(await deployed().objects()).filter((name) => name.startsWith("marks/"));
  const found = () => metricSum(deployed(), deployed().outputs.reconcile[region]!, "LegsFoundByReconciliation");

  it("a call whose ends nobody heard of is found by what its beginnings left", async () => {
    const deployment = deployed();
    const { reconcile } = deployment.outputs;
    deployment.chime.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    const call = await speak(deployment, region);
    const events = await deployment.deliverEvents();
    assert.deepEqual(
      events.map(({ status }) => status),
      ["STARTED", "STARTED"],
    );
    await deployment.settled(region);
    const left = await marks();
    assert.equal(left.length, 2);
    const mark = await deployment.read(left[0]!);
    const payload = (await schedule("marks"))(new Date());
    // A leg counts as ended when it has been silent for a moment.
    await deployment.until("both legs are found", async () => {
      await deployment.invoke(reconcile[region]!, payload);
      return (await found()) === 2;
    });
    await deployment.settled(region);
    await assertRecorded(deployment, call);
    assert.deepEqual(await marks(), []);

    // A recorder that dies between its last two steps leaves its mark.
    await deployment.write(left[0]!, mark);
    await deployment.until("the mark is taken away", async () => {
      await deployment.invoke(reconcile[region]!, payload);
      return (await marks()).length === 0;
    });
    assert.equal(await found(), 2);
  });

  it("a call of which nobody was told anything is found by the day's sweep", async () => {
    const deployment = deployed();
    const { reconcile } = deployment.outputs;
    deployment.chime.control.addFault({ kind: "loseEvent" });
    const call = await speak(deployment, region);
    assert.deepEqual(await deployment.deliverEvents(), []);
    const recorded = await deployment.recordings();
    const sweep = await schedule("sweep");
    await deployment.until("both legs are found", async () => {
      for (let hour = 0; hour < HOURS_A_DAY; hour++)
        await deployment.invoke(reconcile[region]!, sweep(new Date(Date.UTC(2026, 0, 1, hour))));
      return (await found()) === 4;
    });
    await deployment.settled(region);
    await assertRecorded(deployment, call, { isAnnounced: false });
    const others = Object.entries(await deployment.recordings()).filter(
      ([name]) => !name.startsWith(call.transactionId),
    );
    assert.deepEqual(Object.fromEntries(others), recorded, "what was recorded stays as it was");
  });

  it("media that nobody read before it expired is named in the dead-letter queue, whoever finds it gone", async () => {
    const deployment = deployed();
    const { archive, reconcile } = deployment.outputs;
    const call = await speak(deployment, region);
    const events = await deployment.deliverEvents();
    await deployment.settled(region);
    await assertRecorded(deployment, call);
    /** Another call of longer ago than streams keep. */
    const old = (status: string, transactionId: string) => {
      const event = JSON.parse(events.find((each) => each.status === status)!.body);
      const { startTime, endTime, startFragmentNumber: _, currentFragmentNumber: __, ...rest } = event.detail;
      const daysAgo = (time?: string) => time && new Date(Date.parse(time) - 3 * 24 * 3_600_000).toISOString();
      const detail = { ...rest, transactionId, startTime: daysAgo(startTime), endTime: daysAgo(endTime) };
      return JSON.stringify({ ...event, detail });
    };
    await deployment.deliver(old("ENDED", "00000000-0000-4000-8000-000000000001"));
    await deployment.deliver(old("STARTED", "00000000-0000-4000-8000-000000000002"));
    await deployment.settled(region);
    const payload = (await schedule("marks"))(new Date());
    await deployment.until("the mark is taken away", async () => {
      await deployment.invoke(reconcile[region]!, payload);
      return (await marks()).length === 0;
    });
    const letters = await deployment.takeDeadLetters(region);
    const reasons = letters.map(({ MessageAttributes }) => MessageAttributes!.reason!.StringValue!).sort();
    assert.equal(reasons.length, 2);
    assert.match(reasons[0]!, /^expired: nobody recorded this leg/);
    assert.match(reasons[1]!, /^media expired unread: /);
    await assertCounted(deployment, archive[region]!, "LegsExpired", 1);
    await assertCounted(deployment, reconcile[region]!, "LegsExpired", 1);
  });
}
