import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { CallResult } from "../../local-aws/index.js";
import { channel, channelsIn, silence } from "../consumer/stereo-audio.js";
import { speech } from "../consumer/telephone.js";
import type { Region } from "./cloud.js";
import type { Deployment } from "./deployment.js";

/** local-aws's default: the called party's leg begins so much later. */
const LEG_OFFSET_MS = 1_755;
/** local-aws's default numbers, which are in its events. */
const NUMBERS = /15550100|15550199/;

export interface SpokenCall extends CallResult {
  /** What was said in each leg until it ended. */
  caller: Buffer;
  callee: Buffer;
}

const BYTES_PER_MS = 16;

let seed = 0;

/** Begins a call in which nothing is said that was said in another: by default a short one that is over in no time. */
export function beginCall(
  deployment: Deployment,
  region: Region,
  { durationMs = 3_000, speed = "max" as number | "max" } = {},
): { ended: Promise<SpokenCall>; hangUp(): Promise<unknown> } {
  const [caller, callee] = [speech(++seed, durationMs), speech(++seed, durationMs)];
  const call = deployment.startCall(region, caller, callee, speed);
  const ended = call.ended.then((result) => {
    const spoken = (pcm: Buffer, isCaller: boolean) => {
      const leg = result.legs.find((each) => each.isCaller === isCaller);
      return pcm.subarray(0, leg ? BYTES_PER_MS * (Date.parse(leg.endTime) - Date.parse(leg.startTime)) : 0);
    };
    return { ...result, caller: spoken(caller, true), callee: spoken(callee, false) };
  });
  return { ended, hangUp: () => call.hangUp() };
}

/** A call from its beginning to its end. Its events wait to be delivered. */
export function speak(deployment: Deployment, region: Region): Promise<SpokenCall> {
  return beginCall(deployment, region).ended;
}

/**
 * The bucket has both legs of a call and its stereo file, sample by sample as they were spoken, and no phone number.
 * @param isAnnounced whether events told who the caller is; without, the channels are a guess. Default true
 */
export async function assertRecorded(
  deployment: Deployment,
  call: SpokenCall,
  { isAnnounced = true } = {},
): Promise<void> {
  const names = Object.keys(await deployment.recordings()).filter((name) => name.startsWith(call.transactionId));
  assert.equal(names.length, 6, `two legs and the call, each with its sidecar: ${names}`);
  for (const leg of call.legs) {
    const stream = /([0-9a-f-]{36})\/\d+$/.exec(leg.streamArn)![1];
    const base = `${call.transactionId}_${stream}_${leg.startFragmentNumber}`;
    const sidecar = await document(deployment, `${base}.json`);
    assert.equal(sidecar.complete, true);
    assert.equal(sidecar.isCaller, isAnnounced ? leg.isCaller : undefined);
    assert.equal(sidecar.streamArn, leg.streamArn);
    const audio = await audioOf(deployment, `${base}.wav`, sidecar.sha256);
    assert.ok(audioIn(audio).equals(leg.isCaller ? call.caller : call.callee), "a leg differs from what was spoken");
  }
  const sidecar = await document(deployment, `${call.transactionId}_call.json`);
  assert.equal(sidecar.complete, true);
  const { left, right } = channelsIn(await audioOf(deployment, `${call.transactionId}_call.wav`, sidecar.sha256));
  const lengthMs = Math.max(call.caller.length, BYTES_PER_MS * LEG_OFFSET_MS + call.callee.length) / BYTES_PER_MS;
  const caller = channel(lengthMs, call.caller);
  const callee = channel(lengthMs, silence(LEG_OFFSET_MS), call.callee);
  assert.equal(sidecar.channelAssignment, isAnnounced ? "isCaller" : "guessed");
  const isSwapped = !isAnnounced && left.equals(callee);
  assert.ok(left.equals(isSwapped ? callee : caller), "the left channel differs from what was spoken");
  assert.ok(right.equals(isSwapped ? caller : callee), "the right channel differs from what was spoken");
}

async function document(deployment: Deployment, name: string) {
  const text = (await deployment.read(name)).toString();
  assert.doesNotMatch(text, NUMBERS);
  return JSON.parse(text);
}

async function audioOf(deployment: Deployment, name: string, sha256: string): Promise<Buffer> {
  const bytes = await deployment.read(name);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256);
  return bytes;
}

function audioIn(wav: Buffer): Buffer {
  const dataAt = wav.indexOf("data", 12, "latin1");
  return wav.subarray(dataAt + 8, dataAt + 8 + wav.readUInt32LE(dataAt + 4));
}

/** What functions told CloudWatch, in Embedded Metric Format, of one metric. */
export async function metricValues(deployment: Deployment, functionArn: string, name: string): Promise<number[]> {
  const region = functionArn.split(":")[3];
  const values: number[] = [];
  for (const line of await deployment.logLines(functionArn)) {
    assert.doesNotMatch(line, NUMBERS);
    if (!line.startsWith('{"_aws"')) continue;
    const { _aws, Region, ...fields } = JSON.parse(line);
    const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
    assert.deepEqual(
      { Namespace, Dimensions, Region },
      {
        Namespace: deployment.outputs.namespace,
        Dimensions: [["Region"]],
        Region: region,
      },
    );
    assert.deepEqual(Metrics.map((metric: { Name: string }) => metric.Name).sort(), Object.keys(fields).sort());
    if (name in fields) values.push(...[fields[name]].flat());
  }
  return values;
}

export async function metricSum(deployment: Deployment, functionArn: string, name: string): Promise<number> {
  return (await metricValues(deployment, functionArn, name)).reduce((sum, value) => sum + value, 0);
}

/** Waits until a function has counted so much in all: what it prints reaches the logs after it has answered. */
export async function assertCounted(
  deployment: Deployment,
  functionArn: string,
  name: string,
  expected: number,
): Promise<void> {
  await deployment.until(`${name} is ${expected}`, async () => {
    const sum = await metricSum(deployment, functionArn, name);
    assert.ok(sum <= expected, `${name} is ${sum}, more than ${expected}`);
    return sum === expected;
  });
}
