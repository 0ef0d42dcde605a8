import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import { PRICES_AS_OF, prices } from "../../bench/cost/prices.js";
import { callAudioConsumerFaults } from "../../components/call-audio-consumer-faults.js";
import { streamingMonitoringFaults } from "../../components/streaming-monitoring-faults.js";
import * as api from "../../index.js";
import { awsCli } from "../aws-cli.js";
import { a, account, run } from "../components/registered.js";

const page = readFileSync(join(__dirname, "..", "..", "docs", "consumer.md"), "utf8");
const programs = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text]) => text!);

/** The names in the first column of the table below a heading. */
function firstColumn(heading: string): string[] {
  const [, section] = new RegExp(`^## ${heading}\\n(.*?)(?=^## |$(?![^]))`, "ms").exec(page)!;
  const cells = section!.split("\n").flatMap((line) => /^\| (`[^|]*?) \|/.exec(line)?.[1] ?? []);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}

/** What arguments there are, by what is said of one that there is not. */
function argumentNames(faults: { property: string; reason: string }[]): string[] {
  const { reason } = faults.find(({ property }) => property.endsWith("nothing"))!;
  return reason.replace(/^.*known are /, "").split(", ");
}

describe("docs/consumer.md", () => {
  it("has programs that deploy", async () => {
    assert.equal(programs.length, 2);
    for (const program of programs) {
      const { outputText } = ts.transpileModule(program, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
      const exported: Record<string, unknown> = {};
      const load = (name: string) => (name === "pulumi-chime-voice-streaming" ? api : require(name));
      const { graph } = await run(() => new Function("require", "exports", outputText)(load, exported));
      assert.ok(graph.types.Queue && graph.types.Bucket);
      const [value] = Object.values(exported);
      assert.ok(pulumi.Output.isInstance(value) || value instanceof api.CallAudioConsumer);
    }
  });

  it("names every argument, and none that there is not", () => {
    const faults = callAudioConsumerFaults({ connectors: [{ voiceConnectorId: a }], nothing: 1 }, "us-east-1");
    assert.deepEqual(firstColumn("Arguments"), argumentNames(faults));
  });

  it("has the prices that costs are computed with, and their date", () => {
    const [, header, table] = /^(\| way \| .*)\n((?:\|.*\n)+)/m.exec(page)!;
    assert.ok(header!.includes(`as of ${PRICES_AS_OF}`));
    const { publicAddress, natGateway, natGatewayData } = prices;
    for (const text of [
      `${publicAddress.usd} USD an hour and task`,
      `${natGateway.usd} USD an hour and gateway`,
      `${natGatewayData.usd} USD for each GB`,
    ]) {
      assert.ok(table!.includes(text), text);
    }
  });

  it("moves what was put aside back by a command that the AWS CLI takes, into the queue of its first program", async function () {
    this.timeout(120_000);
    const [, command] = /^aws (sqs start-message-move-task (?:.*\\\n)*.*)/m.exec(page)!;
    const asked: { target: unknown; body: Record<string, string> }[] = [];
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      asked.push({ target: request.headers["x-amz-target"], body: JSON.parse(body) });
      response.setHeader("content-type", "application/x-amz-json-1.0").end('{"TaskHandle":"task"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const aws = await awsCli(this, {
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret",
      });
      assert.deepEqual(await aws(...command!.replaceAll("\\\n", " ").split(/\s+/)), { TaskHandle: "task" });
    } finally {
      server.close();
    }
    const { graph } = await run(() => new api.CallAudioConsumer("recorder", { connectors: [{ voiceConnectorId: a }] }));
    const arn = (kind: string) =>
      `arn:aws:sqs:us-east-1:${account}:${graph.inputs("Queue", `recorder-${kind}-us-east-1`).name}`;
    assert.deepEqual(asked, [
      {
        target: "AmazonSQS.StartMessageMoveTask",
        body: { SourceArn: arn("dead-letters"), DestinationArn: arn("events") },
      },
    ]);
  });

  it("names every threshold", () => {
    const faults = streamingMonitoringFaults({ thresholds: { nothing: 1 } }, "us-east-1");
    for (const name of argumentNames(faults)) assert.ok(page.includes(`\`${name}\` (`), name);
  });

  it("names every alarm, and none that there is not", async () => {
    const kinds = new Set<string>();
    const live = { image: "i", subnetIds: ["subnet-1"] };
    for (const mode of [{}, { mode: "live", live } as const]) {
      const { made } = await run(() => {
        const consumer = new api.CallAudioConsumer("recorder", { connectors: [{ voiceConnectorId: a }], ...mode });
        return new api.StreamingMonitoring("watch", { consumer });
      });
      for (const kind of Object.keys(made.alarmArns["us-east-1"]!)) kinds.add(kind);
    }
    assert.deepEqual(firstColumn("Monitoring").sort(), [...kinds].sort());
  });
});
