import assert from "node:assert/strict";
import { ManualClock } from "./manual-clock.js";
import { type Office, openOffice } from "./office.js";

describe("local-aws: control API", () => {
  let office: Office;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    office = await openOffice({ clock });
  });
  afterEach(() => office.close());

  // biome-ignore lint/suspicious/noExplicitAny: whatever the control API answers
  const ask = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> => {
    const response = await fetch(`${office.aws.endpoint}/_local/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const callBody = (more: object = {}) => ({
    voiceConnectorId: office.voiceConnectorId,
    callerWav: office.caller.wav.toString("base64"),
    calleeWav: office.callee.wav.toString("base64"),
    ...more,
  });

  it("shows the state and the calls received", async () => {
    const { body: state } = await ask("GET", "state");
    assert.equal(state.voiceConnectors[0].id, office.voiceConnectorId);
    assert.equal(state.serviceLinkedRoles.length, 1);
    assert.equal(state.queues.length, 2);
    const { body: log } = await ask("GET", "calls");
    assert.deepEqual(
      log.calls.map((call: { action: string }) => call.action),
      ["chime:CreateVoiceConnector", "chime:PutVoiceConnectorStreamingConfiguration"],
    );
    await ask("DELETE", "calls");
    assert.deepEqual((await ask("GET", "calls")).body.calls, []);
  });

  it("adds faults one by one or many at once, lists and clears them", async () => {
    const one = await ask("POST", "faults", { kind: "deny", actions: ["chime:*"], times: 3 });
    assert.equal(one.status, 201);
    const two = await ask("POST", "faults", [{ kind: "failure", actions: ["sqs:*"] }, { kind: "loseEvent" }]);
    assert.equal(two.body.ids.length, 2);
    await ask("DELETE", `faults?id=${one.body.ids[0]}`);
    const listed = await ask("GET", "faults");
    assert.deepEqual(
      listed.body.faults.map((entry: { fault: { kind: string } }) => entry.fault.kind),
      ["failure", "loseEvent"],
    );
    await ask("DELETE", "faults");
    assert.deepEqual((await ask("GET", "faults")).body.faults, []);
  });

  it("changes the settings that are named and no others", async () => {
    await ask("POST", "settings", { fragmentMs: 2_048 });
    const { body } = await ask("POST", "settings", { getMediaSessionMs: 5 });
    assert.equal(body.fragmentMs, 2_048);
    assert.equal(body.getMediaSessionMs, 5);
    assert.equal(body.getMediaIdleEndMs, 20);
    assert.deepEqual((await ask("GET", "settings")).body, body);
  });

  it("refuses what it does not know, and says what is wrong", async () => {
    for (const [path, body, message] of [
      ["faults", { kind: "deny" }, /actions/],
      ["faults", { kind: "earthquake" }, /kind/],
      ["settings", { fragmentMs: 1 }, /fragmentMs/],
      ["settings", { fragmentsMs: 1_000 }, /fragmentsMs/],
      ["settings", [], /object|record/i],
      ["call", { voiceConnectorId: "x" }, /callerWav/],
      ["call", callBody({ speed: 0 }), /speed/],
    ] as const) {
      const answer = await ask("POST", path, body);
      assert.equal(answer.status, 400, path);
      assert.match(answer.body.error, message);
    }
    const response = await fetch(`${office.aws.endpoint}/_local/faults`, { method: "POST", body: "{" });
    assert.equal(response.status, 400);
    assert.equal((await ask("GET", "nothing")).status, 404);
  });

  it("plays a call at once", async () => {
    const { status, body } = await ask(
      "POST",
      "call",
      callBody({ speed: "max", direction: "Outbound", fromNumber: "+15550111" }),
    );
    assert.equal(status, 201);
    assert.equal(body.ended, true);
    assert.deepEqual(
      body.legs.map((leg: { isCaller: boolean; direction: string }) => [leg.isCaller, leg.direction]),
      [
        [true, "Outbound"],
        [false, "Outbound"],
      ],
    );
    assert.equal(office.events()[0].detail.fromNumber, "+15550111");
    const again = await ask("GET", `call/${body.transactionId}`);
    assert.deepEqual(again.body, body);
  });

  it("plays a call with a hold", async () => {
    const { status, body } = await ask(
      "POST",
      "call",
      callBody({ speed: "max", holds: [{ atMs: 1_000, durationMs: 5_000 }] }),
    );
    assert.equal(status, 201);
    const spokenMs = Math.round(office.caller.pcm.length / 16);
    assert.equal(Date.parse(body.legs[0].endTime) - Date.parse(body.legs[0].startTime), spokenMs + 5_000);
    assert.equal((await ask("POST", "call", callBody({ holds: [{ atMs: -1, durationMs: 0 }] }))).status, 400);
  });

  it("a call in real time is waited for, and hung up", async () => {
    const begun = (await ask("POST", "call", callBody())).body;
    assert.equal(begun.ended, false);
    assert.deepEqual(begun.legs, []);
    clock.advance(1_024);
    const waiting = ask("GET", `call/${begun.transactionId}?waitMs=1000`);
    await ask("GET", "settings");
    clock.advance(1_000);
    assert.equal((await waiting).body.ended, false);
    const over = await ask("DELETE", `call/${begun.transactionId}`);
    assert.equal(over.body.ended, true);
    assert.equal(Date.parse(over.body.legs[0].endTime) - Date.parse(over.body.legs[0].startTime), 2_024);
    assert.deepEqual((await ask("GET", `call/${begun.transactionId}?waitMs=60000`)).body, over.body);
    assert.equal((await ask("GET", "call/nobody")).status, 404);
  });

  it("refused calls say why", async () => {
    const unknown = await ask("POST", "call", callBody({ voiceConnectorId: "nobody" }));
    assert.deepEqual([unknown.status, unknown.body.reason], [404, "unknownConnector"]);
    await office.putStreaming({ Disabled: true });
    const off = await ask("POST", "call", callBody());
    assert.deepEqual([off.status, off.body.reason], [409, "streamingOff"]);
    await office.putStreaming();
    const audio = await ask("POST", "call", callBody({ callerWav: Buffer.from("x").toString("base64") }));
    assert.deepEqual([audio.status, audio.body.reason], [400, "invalidAudio"]);
  });
});
