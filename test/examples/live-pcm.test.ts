import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { CallLeg, PhoneCall } from "../../local-aws/index.js";
import { speech, startTelephone, type Telephone } from "../consumer/telephone.js";
import { makeProgramFolder, type ProgramFolder } from "../program-folder.js";

const PROGRAM = join(__dirname, "..", "..", "examples", "live-pcm", "live-pcm.mjs");

/** Takes 64 KiB, 4 s of audio, every 20 ms: a hundred times slower than the program could give it. */
const slowCommand = `
import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
for await (const chunk of process.stdin) {
  appendFileSync("caller.s16le", chunk);
  await setTimeout(20);
}`;

describe("examples/live-pcm", function () {
  this.timeout(60_000);
  let telephone: Telephone;
  let folder: ProgramFolder;
  let started: ChildProcess[];
  const caller = speech(1, 30_300);
  const callee = speech(2, 2_000);

  beforeEach(async () => {
    folder = await makeProgramFolder({ "live-pcm.mjs": await readFile(PROGRAM), "slow.mjs": slowCommand });
    telephone = await startTelephone();
    started = [];
  });

  afterEach(async () => {
    for (const child of started) child.kill("SIGKILL");
    await telephone.close();
    await folder.remove();
  });

  /** The program in a process group of its own, so that its command does not outlive the test either. */
  function start(args: string[]) {
    const child = spawn(process.execPath, ["live-pcm.mjs", ...args], {
      cwd: folder.path,
      env: { ...process.env, ...telephone.aws.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    started.push(child);
    child.stdout.setEncoding("latin1");
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
      ([stdout, stderr, [exitCode]]) => ({ stdout, stderr, exitCode }),
    );
    return { child, ended };
  }

  function argumentsOf(leg: CallLeg, transactionId: string, quietSeconds: number): string[] {
    const selection = ["--transaction-id", transactionId, "--start-fragment", leg.startFragmentNumber];
    return ["--stream-arn", leg.streamArn, ...selection, "--quiet-seconds", String(quietSeconds), "--"];
  }

  /** The caller's leg, as soon as a first fragment of it is in the stream. */
  async function callersLeg(call: PhoneCall): Promise<CallLeg> {
    for (;;) {
      const leg = call.result().legs.find(({ isCaller }) => isCaller);
      if (leg) return leg;
      await new Promise(setImmediate);
    }
  }

  /** Uses the same streams, which proves that the call before is over. */
  const nextCall = () => telephone.call(speech(3, 5_000), callee);

  const output = () => join(folder.path, "caller.s16le");

  async function sizeOf(path: string): Promise<number> {
    return (await stat(path).catch(() => undefined))?.size ?? 0;
  }

  async function whenWritten(path: string, bytes: number): Promise<void> {
    while ((await sizeOf(path)) < bytes) await new Promise(setImmediate);
  }

  const connections = () => telephone.aws.control.state().streams.map(({ liveConnections }) => liveConnections);

  it("gives a command every sample of a leg, while it is spoken", async () => {
    const call = telephone.startCall(caller, callee, 10);
    const leg = await callersLeg(call);
    const { ended } = start([...argumentsOf(leg, call.result().transactionId, 600), "sh", "-c", "cat > caller.s16le"]);
    await whenWritten(output(), 16_000);
    assert.equal(await Promise.race([call.ended.then(() => "over"), "being spoken"]), "being spoken");
    await call.ended;
    await nextCall();
    const { exitCode, stderr } = await ended;
    assert.match(stderr, /^30\.300 s of audio, 0 gaps, 0 errors\n$/);
    assert.equal(exitCode, 0);
    assert.deepEqual(await readFile(output()), caller);
  });

  it("ends with the next call on the stream, of which it gives nothing", async () => {
    const first = await telephone.call(caller, callee);
    await nextCall();
    const leg = first.legs.find(({ isCaller }) => isCaller)!;
    const { ended } = start([...argumentsOf(leg, first.transactionId, 600), "sh", "-c", "cat > caller.s16le"]);
    assert.equal((await ended).exitCode, 0);
    assert.deepEqual(await readFile(output()), caller);
  });

  it("loses nothing where the command is slower than the call, and the connection breaks meanwhile", async () => {
    const long = speech(4, 5 * 60_000);
    telephone.aws.control.addFault({ kind: "reset", api: "GetMedia", atFragment: 200, times: 1 });
    const call = await telephone.call(long, callee);
    const leg = call.legs.find(({ isCaller }) => isCaller)!;
    await nextCall();
    const { ended } = start([...argumentsOf(leg, call.transactionId, 600), process.execPath, "slow.mjs"]);
    assert.equal((await ended).exitCode, 0);
    assert.deepEqual(await readFile(output()), long);
  });

  it("stops reading where the command has enough, and exits as it does", async () => {
    const call = telephone.startCall(caller, callee, 10);
    const leg = await callersLeg(call);
    const { ended } = start([...argumentsOf(leg, call.result().transactionId, 600), "head", "-c", "16000"]);
    const { exitCode, stdout } = await ended;
    assert.equal(exitCode, 0);
    assert.equal(stdout, caller.subarray(0, 16_000).toString("latin1"));
    assert.deepEqual(connections(), [0, 0]);
  });

  for (const [when, speed] of [
    ["in the middle of speech", 5],
    ["while nothing is spoken", "max"],
  ] as const) {
    it(`exits as a command that was killed ${when}`, async () => {
      const call = telephone.startCall(caller, callee, speed);
      const leg = await callersLeg(call);
      const command = ["sh", "-c", "echo $$; exec cat > caller.s16le"];
      const { child, ended } = start([...argumentsOf(leg, call.result().transactionId, 600), ...command]);
      const [pid] = await once(child.stdout!, "data");
      await whenWritten(output(), speed === "max" ? caller.length : 32_000);
      process.kill(Number(pid), "SIGKILL");
      assert.equal((await ended).exitCode, 128 + 9);
      assert.deepEqual(connections(), [0, 0]);
      const written = await readFile(output());
      assert.deepEqual(written, caller.subarray(0, written.length));
    });
  }

  it("ends the audio at SIGINT, and lets the command finish", async () => {
    const call = telephone.startCall(caller, callee, 5);
    const leg = await callersLeg(call);
    const command = ["sh", "-c", "cat > caller.s16le; echo finished; exit 7"];
    const { child, ended } = start([...argumentsOf(leg, call.result().transactionId, 600), ...command]);
    await whenWritten(output(), 32_000);
    child.kill("SIGINT");
    const { exitCode, stdout } = await ended;
    assert.equal(stdout, "finished\n");
    assert.equal(exitCode, 7);
    const written = await readFile(output());
    assert(written.length < caller.length);
    assert.deepEqual(written, caller.subarray(0, written.length));
  });

  it("ends a command that does not read either, at a second SIGINT", async () => {
    const call = await telephone.call(caller, callee);
    const leg = call.legs.find(({ isCaller }) => isCaller)!;
    const command = ["sh", "-c", "echo ready; exec sleep 1000"];
    const { child, ended } = start([...argumentsOf(leg, call.transactionId, 600), ...command]);
    await once(child.stdout!, "data");
    // While one waits to be delivered, another one is the same.
    const interrupting = setInterval(() => child.kill("SIGINT"), 50);
    const { exitCode } = await ended;
    clearInterval(interrupting);
    assert.equal(exitCode, 128 + 15);
  });

  it("says what was wrong, by its exit code too", async () => {
    const nowhere = "arn:aws:kinesisvideo:us-east-1:123456789012:stream/nothing-here/1700000000000";
    const runs: [exitCode: number, said: RegExp, args: string[]][] = [
      [2, /not the ARN of a Kinesis video stream/, ["--stream-arn", "somewhere", "--", "cat"]],
      [2, /no command/, ["--stream-arn", nowhere]],
      [2, /Unknown option '--nothing'/, ["--nothing"]],
      [2, /quiet-seconds/, ["--stream-arn", nowhere, "--quiet-seconds", "soon", "--", "cat"]],
      [1, /kinesisvideo:GetDataEndpoint/, ["--stream-arn", nowhere, "--", "cat"]],
      [127, /cannot run no-such-command/, ["--stream-arn", nowhere, "--", "no-such-command"]],
    ];
    for (const [expected, said, args] of runs) {
      const { exitCode, stderr } = await start(args).ended;
      assert.match(stderr, said);
      assert.equal(exitCode, expected, args.join(" "));
    }
  });

  it("says by its exit code that there was no audio", async () => {
    const call = await telephone.call(caller, callee);
    const { exitCode, stdout } = await start([...argumentsOf(call.legs[0]!, "another", 0.3), "cat"]).ended;
    assert.equal(stdout, "");
    assert.equal(exitCode, 4);
  });
});
