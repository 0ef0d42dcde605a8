import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { pino } from "pino";
import { TaskProtection } from "../../../consumer/live/task-protection.js";
import { ManualClock } from "../manual-clock.js";

const MINUTE = 60_000;

describe("TaskProtection", () => {
  let agent: Server;
  let clock: ManualClock;
  let protection: TaskProtection;
  let requests: { method?: string; url?: string; body: unknown }[];
  let answer: { status: number; body: object };
  let warnings: string[];

  beforeEach(async () => {
    requests = [];
    warnings = [];
    answer = { status: 200, body: { protection: { ProtectionEnabled: true } } };
    agent = createServer(async (request, response) => {
      requests.push({ method: request.method, url: request.url, body: await json(request) });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
      agent.emit("answered");
    });
    await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
    const agentUri = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/api/v1`;
    clock = new ManualClock();
    const logger = pino({ level: "warn" }, { write: (line: string) => void warnings.push(line) });
    protection = new TaskProtection({ agentUri, clock, logger });
  });

  afterEach(async () => {
    await protection.close();
    agent.closeAllConnections();
    await new Promise((resolve) => agent.close(resolve));
  });

  /** What the agent is asked next, when so much time has passed. */
  async function nextRequest(act: () => void | Promise<void>): Promise<unknown> {
    const answered = once(agent, "answered");
    await act();
    await answered;
    // The answer has still to be read.
    for (let turn = 0; turn < 50; turn++) await clock.pass(0);
    return requests.at(-1)!.body;
  }

  const protectedFor30 = { ProtectionEnabled: true, ExpiresInMinutes: 30 };
  const unprotected = { ProtectionEnabled: false };
  const busy = (isBusy: boolean) => () => {
    protection.isBusy = isBusy;
  };

  it("protects the task while it is busy, and no longer", async () => {
    assert.deepEqual(await nextRequest(busy(true)), protectedFor30);
    assert.deepEqual(requests[0], {
      method: "PUT",
      url: "/api/v1/task-protection/v1/state",
      body: protectedFor30,
    });
    assert.deepEqual(await nextRequest(busy(false)), unprotected);
    await clock.pass(24 * 60 * MINUTE);
    assert.equal(requests.length, 2);
  });

  it("asks for nothing while nothing runs", async () => {
    await clock.pass(24 * 60 * MINUTE);
    assert.deepEqual(requests, []);
  });

  it("renews protection well before it expires", async () => {
    await nextRequest(busy(true));
    for (let renewal = 1; renewal <= 5; renewal++) {
      assert.deepEqual(await nextRequest(() => clock.pass(10 * MINUTE)), protectedFor30);
      assert.equal(requests.length, 1 + renewal);
    }
  });

  it("puts protection down for three minutes after an hour, so that a deployment can go on", async () => {
    await nextRequest(busy(true));
    for (let renewal = 0; renewal < 5; renewal++) {
      assert.deepEqual(await nextRequest(() => clock.pass(10 * MINUTE)), protectedFor30);
    }
    assert.deepEqual(await nextRequest(() => clock.pass(10 * MINUTE)), unprotected);
    assert.deepEqual(await nextRequest(() => clock.pass(3 * MINUTE)), protectedFor30);
    assert.deepEqual(await nextRequest(() => clock.pass(10 * MINUTE)), protectedFor30);
  });

  for (const [what, failing] of [
    ["refuses", { status: 400, body: { error: { Code: "AccessDeniedException", Message: "not allowed" } } }],
    ["answers with a failure", { status: 200, body: { failure: { Reason: "DEPLOYMENT_BLOCKED" } } }],
  ] as const) {
    it(`tries again where the agent ${what}, and says so in the log`, async () => {
      answer = failing;
      assert.deepEqual(await nextRequest(busy(true)), protectedFor30);
      assert.match(warnings.join(""), /the ECS agent answered (400|200)/);
      answer = { status: 200, body: {} };
      assert.deepEqual(await nextRequest(() => clock.pass(15_000)), protectedFor30);
      assert.deepEqual(await nextRequest(() => clock.pass(10 * MINUTE)), protectedFor30);
      assert.equal(warnings.length, 1);
    });
  }

  it("goes on without an agent that answers", async () => {
    await new Promise((resolve) => agent.close(resolve));
    protection.isBusy = true;
    while (warnings.length === 0) await clock.pass(0);
    assert.match(warnings[0]!, /could not be changed/);
    await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  });
});
