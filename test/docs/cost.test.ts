import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Assumptions, assumptionsOf, EVENTS_PER_LEG, LEGS_PER_CALL } from "../../bench/cost/assumptions.js";
import { costTables, withTables } from "../../bench/cost/cost-page.js";
import { designs, totalOf } from "../../bench/cost/designs.js";
import { measureLegBytesPerMinute } from "../../bench/cost/leg-bytes.js";
import { alarmsOf } from "../../components/alarm-catalogue.js";
import { openArchiveOffice } from "../consumer/lambda/archive-office.js";
import { speech } from "../consumer/telephone.js";

const repository = join(__dirname, "..", "..");

describe("docs/cost.md", () => {
  let assumptions: Assumptions;

  before(async () => {
    assumptions = assumptionsOf(await measureLegBytesPerMinute());
  });

  it("has the tables that npm run cost computes", async () => {
    const page = await readFile(join(repository, "docs", "cost.md"), "utf8");
    assert.equal(page, withTables(page, costTables(assumptions)), "run: npm run cost -- --write");
  });

  it("counts requests as a call really makes them", async () => {
    const office = await openArchiveOffice();
    try {
      // Retries are not counted, and nothing waits for another minute.
      office.restart({ END_LIMIT_SECONDS: "90", QUIESCENCE_SECONDS: "30" });
      const durationMs = assumptions.callMinutes * 60_000;
      await office.telephone.call(speech(1, durationMs), speech(2, durationMs));
      office.telephone.aws.control.clearCalls();
      await office.deliverAll();
      const actions = office.telephone.aws.control.calls().map(({ action }) => action);
      const count = (pattern: RegExp) => actions.filter((action) => pattern.test(action)).length;
      const writes = count(/^s3:(Put|Create|Upload|Complete|List)/);
      const reads = count(/^s3:(Get|Head)/);
      const taken = count(/^sqs:DeleteMessage/);
      assert.equal(taken, LEGS_PER_CALL * EVENTS_PER_LEG);
      const { s3, logBytesPerLeg } = assumptions;
      for (const [what, measured, assumed] of [
        ["s3.writes", writes, s3.writes],
        ["s3.reads", reads, s3.reads],
        ["logBytesPerLeg", office.logged.join("").length / LEGS_PER_CALL, logBytesPerLeg],
      ] as const) {
        assert(measured <= assumed, `${what}: ${measured} is more than the ${assumed} assumed`);
        assert(measured >= assumed / 3, `${what}: ${measured} is far less than the ${assumed} assumed`);
      }
    } finally {
      await office.close();
    }
  });

  it("counts the alarms that there are", () => {
    const region = {
      region: "us-east-1",
      namespace: "n",
      queue: "q",
      deadLetterQueue: "d",
      eventRule: "e",
      reconcileHours: 1,
    };
    const archive = { ...region, mode: "archive", functions: { archive: "a", reconcile: "r" } } as const;
    const live = {
      ...region,
      mode: "live",
      functions: { reconcile: "r" },
      service: { cluster: "c", name: "s" },
    } as const;
    for (const monitored of [archive, live]) {
      assert.equal(alarmsOf(monitored as Parameters<typeof alarmsOf>[0]).length, assumptions.monthly.alarms);
    }
  });

  it("grows with the minutes, and with a price that becomes known", () => {
    for (const design of Object.values(designs)) {
      const once = totalOf(design(1_000, assumptions));
      assert(Math.abs(totalOf(design(2_000, assumptions)) - 2 * once) < 1e-9);
      const known = totalOf(design(1_000, { ...assumptions, chimePerLegMinute: 0.001 }));
      assert(Math.abs(known - once - 1_000 * LEGS_PER_CALL * 0.001) < 1e-9);
    }
  });

  it("costs a fraction of the samples' designs, in both modes", () => {
    const of = (name: keyof typeof designs) => totalOf(designs[name](1_000, assumptions));
    const [archive, live] = [of("archive mode"), of("live mode")];
    assert(Math.max(archive, live) * 4 < of("one Lambda held open per call"));
    assert(Math.max(archive, live) * 15 < of("one 2-vCPU task per leg"));
  });

  describe("npm run cost", function () {
    this.timeout(30_000);
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, ["--import", "tsx", "bench/cost/main.ts", ...args], { cwd: repository });

    it("computes with what it is given", async () => {
      const { stdout } = await run("--call-minutes", "2", "--chime-per-leg-minute", "0.001");
      assert.match(stdout, /in calls of 2 minutes/);
      assert.match(stdout, /^\| Chime, streaming \| 2\.0000 \| 2\.0000 \|/m);
    });

    it("names what is wrong", async () => {
      await assert.rejects(run("--call-minutes", "few"), { code: 2, stderr: /--call-minutes takes a number above 0/ });
      await assert.rejects(run("--write", "--recording-days", "7"), { code: 2, stderr: /defaults alone/ });
    });
  });
});
