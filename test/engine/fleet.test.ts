import assert from "node:assert/strict";
import { voiceConnectorRegions } from "../../local-aws/index.js";
import { printed, Stack } from "./stack.js";

const CONNECTORS = 20;

/** Small, so that it is quick; `npm run bench -- --only fleet` has five hundred. */
describe("a fleet of connectors over ten regions, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;

  before(async () => {
    stack = await Stack.open();
    const connectors = Array.from({ length: CONNECTORS }, (_, i) => {
      const region = voiceConnectorRegions[i % voiceConnectorRegions.length]!;
      return { voiceConnectorId: stack.aws.control.createVoiceConnector(region).id, region };
    });
    // Two connectors a region and two calls a second: most calls are throttled at first.
    stack.aws.control.change({ chimeCallsPerSecond: 2 });
    await stack.describe({
      kind: "VoiceConnectorStreaming",
      name: "calls",
      args: { dataRetentionInHours: 24, connectors, serviceLinkedRole: false },
    });
  });
  after(() => stack?.close());

  /** Chime calls that were answered, by connector, and how often it was asked whose credentials these are. */
  const carriedOut = () => {
    const calls = stack.aws.control.calls();
    const answered = calls.filter(({ action, status }) => action.startsWith("chime:") && status < 400 && status > 0);
    // What is not there is asked for, too.
    const missing = calls.filter(({ action, status }) => action.startsWith("chime:") && status === 404);
    return {
      perConnector: (answered.length + missing.length) / CONNECTORS,
      throttled: calls.filter(({ status }) => status === 429).length,
      identity: calls.filter(({ action }) => action === "sts:GetCallerIdentity").length,
    };
  };

  for (const [command, most, identities] of [
    ["up", 4, 1],
    ["refresh", 2, 1],
    ["destroy", 3, 1],
  ] as const) {
    it(`${command} is held through throttling, with at most ${most} calls a connector`, async () => {
      stack.aws.control.clearCalls();
      const result = await stack[command]();
      assert.equal(result.exitCode, 0, printed(result));
      const { perConnector, throttled, identity } = carriedOut();
      assert.ok(throttled > 0, "the quota was met");
      assert.equal(perConnector, most);
      assert.equal(identity, identities);
      const streaming = stack.aws.control.state().voiceConnectors.filter((connector) => connector.streaming);
      assert.equal(streaming.length, command === "destroy" ? 0 : CONNECTORS);
    });
    if (command !== "up") continue;
    it("a second up asks AWS for nothing", async () => {
      stack.aws.control.clearCalls();
      const result = await stack.up("--expect-no-changes");
      assert.equal(result.exitCode, 0, printed(result));
      assert.deepEqual(stack.aws.control.calls(), []);
    });
  }
});
