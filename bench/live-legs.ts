import { fork } from "node:child_process";
import { once } from "node:events";
import { access, constants, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { CallResult } from "../local-aws/index.js";
import type { ServerNews, ServerOrder } from "./live-legs-server.js";
import { callSeconds, LegSpeech } from "./live-legs-speech.js";
import { MeasuredWorker, type RecordedLeg } from "./live-legs-worker.js";

export interface LiveLegsOptions {
  /** Default 1,000; an even number, as a call has two. */
  legs?: number;
  /** The shortest call; the longest one is half as long again. Default 60. */
  seconds?: number;
  /** The calls begin evenly within this time. Default half of `seconds`. */
  rampSeconds?: number;
  /** For Node in both processes, e.g. `--cpu-prof`. */
  nodeOptions?: readonly string[];
}

export interface LiveLegsMeasurement {
  legs: number;
  /** CPU time of the worker over wall time, while all legs were being spoken. */
  coreShare: number;
  /** Of the worker, from its start to its last recording. */
  peakRssBytes: number;
  /** From when local-aws received a fragment to when the worker took it; of all fragments of all legs. */
  greatestLatenessMs: number;
  /** Recorded as they were spoken, byte for byte, and said to be complete. */
  exactLegs: number;
}

/** What recording takes after the last call has ended: the archive is asked whether all was received. */
const SETTLING_LIMIT_MS = 60_000;
const WAV_HEADER_BYTES = 44;

type Server = Awaited<ReturnType<typeof startServer>>;

async function startServer(order: ServerOrder, nodeOptions: readonly string[] = []) {
  const child = fork(join(__dirname, "live-legs-server.ts"), { execArgv: ["--import", "tsx", ...nodeOptions] });
  const news = new Map<ServerNews["kind"], (news: ServerNews) => void>();
  const hear = <K extends ServerNews["kind"]>(kind: K) =>
    new Promise<Extract<ServerNews, { kind: K }>>((resolve, reject) => {
      news.set(kind, (told) => resolve(told as Extract<ServerNews, { kind: K }>));
      child.once("exit", () => reject(new Error("local-aws ended too early")));
    });
  child.on("message", (told: ServerNews) => news.get(told.kind)?.(told));
  const stages = { ready: hear("ready"), allBegun: hear("allBegun"), oneEnded: hear("oneEnded"), done: hear("done") };
  for (const stage of Object.values(stages)) stage.catch(() => undefined);
  child.send(order);
  return {
    ...stages,
    stop: async () => {
      if (child.exitCode !== null) return;
      const exit = once(child, "exit");
      child.send("stop");
      await exit;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

async function memoryFolder(): Promise<string> {
  const isThere = await access("/dev/shm", constants.W_OK).then(
    () => true,
    () => false,
  );
  return mkdtemp(join(isThere ? "/dev/shm" : tmpdir(), "live-legs-"));
}

/** How many of the calls' legs are recorded as they were spoken. */
async function countExact(calls: CallResult[], recorded: readonly RecordedLeg[], seconds: number): Promise<number> {
  const speech = new LegSpeech(2 * calls.length, Math.ceil(seconds * 1.5));
  let exact = 0;
  for (const [call, { transactionId, legs }] of calls.entries()) {
    for (const { isCaller, streamArn } of legs) {
      const own = recorded.filter((leg) => leg.transactionId === transactionId && leg.streamArn === streamArn);
      // The last one printed is the one that counts.
      const last = own.at(-1);
      if (!last?.complete) continue;
      const pcm = speech.pcm(2 * call + (isCaller ? 0 : 1), callSeconds(call, seconds));
      const file = await readFile(last.audio.location);
      if (file.subarray(WAV_HEADER_BYTES).equals(pcm)) exact++;
    }
  }
  return exact;
}

async function run(
  server: Server,
  worker: MeasuredWorker,
  legs: number,
  seconds: number,
): Promise<LiveLegsMeasurement> {
  await server.allBegun;
  const [cpuBeforeMs, startedMs] = [await worker.cpuMs(), performance.now()];
  await server.oneEnded;
  const coreShare = ((await worker.cpuMs()) - cpuBeforeMs) / (performance.now() - startedMs);
  const { calls } = await server.done;
  await worker.untilRecorded(legs, SETTLING_LIMIT_MS);
  const peakRssBytes = await worker.peakRssBytes();
  await worker.stop();
  for (const trouble of worker.troubles.slice(0, 10)) process.stderr.write(`${trouble}\n`);
  const latenesses = worker.readLive.flatMap(({ greatestLatenessMs }) => greatestLatenessMs ?? []);
  return {
    legs,
    coreShare,
    peakRssBytes,
    greatestLatenessMs: Math.max(...latenesses),
    exactLegs: await countExact(calls, worker.recorded, seconds),
  };
}

/**
 * Calls in real time, local-aws in one process with the service's limits, and one worker, `MODE=live`, that records all of them
 * into a memory file system. Linux only, by /proc; uses `dist/`.
 * @throws where a process ends too early
 */
export async function measureLiveLegs(options: LiveLegsOptions = {}): Promise<LiveLegsMeasurement> {
  const { legs = 1_000, seconds = 60, rampSeconds = seconds / 2, nodeOptions } = options;
  const folder = await memoryFolder();
  const server = await startServer({ calls: legs / 2, seconds, rampSeconds }, nodeOptions);
  let worker: MeasuredWorker | undefined;
  try {
    const { env } = await server.ready;
    worker = new MeasuredWorker({ ...env, OUTPUT: folder }, legs, nodeOptions);
    const measured = await run(server, worker, legs, seconds);
    await server.stop();
    return measured;
  } finally {
    await worker?.stop();
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function describe({ legs, coreShare, peakRssBytes, greatestLatenessMs, exactLegs }: LiveLegsMeasurement): string {
  return [
    `legs              ${legs}, of which exact ${exactLegs}`,
    `share of a core   ${coreShare.toFixed(2)}`,
    `peak memory       ${Math.round(peakRssBytes / 1e6)} MB`,
    `latest fragment   ${greatestLatenessMs} ms`,
  ].join("\n");
}

if (require.main === module) {
  const { values } = parseArgs({
    options: {
      legs: { type: "string" },
      seconds: { type: "string" },
      ramp: { type: "string" },
      profile: { type: "string" },
      json: { type: "boolean" },
    },
  });
  const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  measureLiveLegs({
    legs: numberOf(values.legs),
    seconds: numberOf(values.seconds),
    rampSeconds: numberOf(values.ramp),
    nodeOptions: values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`],
  }).then(
    (measured) => process.stdout.write(`${values.json ? JSON.stringify(measured) : describe(measured)}\n`),
    (error) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exitCode = 1;
    },
  );
}
