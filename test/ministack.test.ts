import assert from "node:assert/strict";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { startMinistack } from "./ministack.js";
import { canListProcesses, processesWith } from "./processes.js";

describe("ministack for tests", function () {
  this.timeout(180_000);

  it("answers when it is ready, in the account of local-aws, and leaves no process behind", async function () {
    const ministack = await startMinistack(this);
    const sqs = new SQSClient(ministack.client);
    const port = new URL(ministack.endpoint).port;
    const left = () => processesWith(`GATEWAY_PORT=${port}`);
    try {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "calls" }));
      assert.match(QueueUrl!, /\/123456789012\/calls$/);
      if (canListProcesses) assert.ok(left().length > 0);
    } finally {
      sqs.destroy();
      await ministack.stop();
    }
    if (canListProcesses) assert.deepEqual(left(), []);
    await assert.rejects(fetch(ministack.endpoint));
  });
});
