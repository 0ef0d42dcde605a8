import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseSidecar } from "../../consumer/recordings/sidecar.js";
import type { CallLeg, CallResult } from "../../local-aws/index.js";
import { pcmOf, speech, startTelephone, type Telephone } from "../consumer/telephone.js";
import { makeProgramFolder, type ProgramFolder } from "../program-folder.js";

const page = readFileSync(join(__dirname, "..", "..", "docs", "consumer-api.md"), "utf8");

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text]) => text!);
}

/** The page's programs by the name in their first line. */
const programs = Object.fromEntries(blocks("js").map((text) => [/^\/\/ (\S+)\n/.exec(text)![1]!, text]));
const commands = blocks("sh")
  .map((text) => text.trim())
  .filter((text) => text.startsWith("node "));

describe("docs/consumer-api.md", function () {
  this.timeout(60_000);
  let telephone: Telephone;
  let folder: ProgramFolder;
  let call: CallResult;
  let leg: CallLeg;
  const caller = speech(1, 10_300);
  const printed = new Map<string, string>();

  before(async () => {
    telephone = await startTelephone();
    call = await telephone.call(caller, speech(2, 2_000));
    leg = call.legs.find(({ isCaller }) => isCaller)!;
    const queue = telephone.aws.control.state().queues.find(({ url }) => url === telephone.aws.env.QUEUE_URL)!;
    const ended = queue.bodies.find((body) => {
      const { detail } = JSON.parse(body);
      return detail.streamingStatus === "ENDED" && detail.streamArn === leg.streamArn;
    })!;
    // The next call on the same stream, whose audio is nobody else's business.
    await telephone.call(speech(3, 3_000), speech(4, 2_000));
    folder = await makeProgramFolder({ ...programs, "ended.json": ended });
  });

  after(async () => {
    await telephone.close();
    await folder.remove();
  });

  /** The command of the page that starts this program, in a shell, as a reader would run it. */
  async function run(program: string): Promise<string> {
    const command = commands.find((text) => text.includes(program)) ?? assert.fail(`no command runs ${program}`);
    const { env } = telephone.aws;
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", command], {
      cwd: folder.path,
      env: { ...process.env, ...env, STREAM_ARN: leg.streamArn, TRANSACTION_ID: call.transactionId },
    });
    assert.equal(stderr, "");
    printed.set(program, stdout);
    return stdout;
  }

  it("get-media.mjs keeps the bytes of a stream, and list-fragments.mjs tells what is in them", async () => {
    await run("get-media.mjs");
    const lines = (await run("list-fragments.mjs")).trim().split("\n");
    assert.equal(lines.filter((line) => line.endsWith(call.transactionId)).length, 11);
    assert(lines.length > 11);
    assert(lines[0]!.startsWith(leg.startFragmentNumber));
  });

  it("extract.mjs writes one call's audio as it was spoken", async () => {
    assert.match(await run("extract.mjs"), /caller\.wav 10300 ms { complete: true, gaps: \[\], errors: \[\] }/);
    assert.deepEqual(await pcmOf(join(folder.path, "caller.wav")), caller);
  });

  it("loudness.mjs measures by a sink of its own", async () => {
    let peak = 0;
    for (let at = 0; at < caller.length; at += 2) peak = Math.max(peak, Math.abs(caller.readInt16LE(at)));
    assert.equal(Number(await run("loudness.mjs")), peak);
  });

  it("pieces.mjs does it without streams", async () => {
    assert.equal(await run("pieces.mjs"), `${caller.length / 2} 0\n`);
    assert.deepEqual(await readFile(join(folder.path, "caller.s16le")), caller);
  });

  it("record.mjs records what an ENDED event names", async () => {
    assert.equal(await run("record.mjs"), "recorded true\n");
    const { stdout } = await promisify(execFile)("sh", ["-c", "ls recordings/*.json"], { cwd: folder.path });
    const sidecar = parseSidecar(await readFile(join(folder.path, stdout.trim()), "utf8"))!;
    assert.deepEqual(await pcmOf(join(folder.path, sidecar.audio.location)), caller);
  });

  it("has no program that was not run", () => {
    assert.deepEqual([...printed.keys()].sort(), Object.keys(programs).sort());
    assert.equal(commands.length, printed.size);
  });
});
