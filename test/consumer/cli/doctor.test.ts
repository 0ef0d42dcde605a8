import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Clinic, openClinic, REGION } from "../doctor/clinic.js";
import { runCommand } from "./command-process.js";

const MAIN = join(__dirname, "..", "..", "..", "dist", "consumer", "cli", "main.js");

describe("doctor", function () {
  this.timeout(20_000);
  let clinic: Clinic;

  beforeEach(async () => {
    clinic = await openClinic();
  });

  afterEach(() => clinic.close());

  it("is one screen and exit code 0 for an account whose calls are recorded", async () => {
    const id = await clinic.stream();
    await clinic.mark(id, "acme/calls/prod", "calls");
    await clinic.call(id);
    await clinic.deployConsumer();
    const { exitCode, stdout, stderr } = await runCommand(["doctor"]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n");
    assert.ok(lines.length <= 24, stdout);
    assert.match(stdout, /^account {3}123456789012 {2}arn:aws:iam::123456789012:user\/local {2}\(the environment\)$/m);
    assert.match(
      stdout,
      new RegExp(`^ok +${REGION} +${id} +office +on +24 h +EventBridge +2 +just now +acme/calls/prod$`, "m"),
    );
    assert.match(stdout, new RegExp(`^ok +${REGION} +recorder +archive +\\S+ +0 +0 +0 +0$`, "m"));
    assert.equal(lines.at(-1), "Nothing is wrong: 1 Voice Connector streams, and events are taken.");
  });

  it("exits with 1 for a problem, and prints one JSON document alone with --json", async () => {
    clinic.aws.control.createVoiceConnector(REGION, "office");
    const { exitCode, stdout, stderr } = await runCommand(["doctor", "--region", REGION, "--json"]);
    assert.deepEqual([exitCode, stderr], [1, ""]);
    const { problems, warnings, findings, regions } = JSON.parse(stdout);
    assert.deepEqual({ problems, warnings, regions: regions.length }, { problems: 1, warnings: 1, regions: 1 });
    for (const { level, code, what, where, why } of findings) {
      assert.match(code, /^DOCTOR_[A-Z_]+$/);
      assert.ok(["ok", "warning", "problem"].includes(level) && what && why && Array.isArray(where), code);
    }
  });

  it("exits with 5 where AWS answers nothing, and with 2 for wrong use, which asks nothing", async () => {
    const refused = { code: "InvalidClientTokenId", httpStatus: 403, message: "The security token is invalid." };
    clinic.aws.control.addFault({ kind: "error", actions: ["sts:*"], ...refused });
    const { exitCode, stdout } = await runCommand(["doctor"]);
    assert.equal(exitCode, 5);
    assert.match(
      stdout,
      /^problem {2}DOCTOR_CREDENTIALS_REFUSED\n {2}what {3}the credentials of the environment were refused/m,
    );
    clinic.aws.control.clearCalls();
    for (const wrong of [
      ["--region", "eu-north-1"],
      ["--queue-url", "calls"],
      ["--recordings", "./calls"],
      ["--timeout", "0"],
      ["calls"],
    ]) {
      const { exitCode, stdout, stderr } = await runCommand(["doctor", ...wrong]);
      assert.deepEqual([exitCode, stdout], [2, ""], wrong.join(" "));
      assert.match(stderr, /^error: /);
    }
    assert.deepEqual(clinic.aws.control.calls(), []);
  });

  it("does not wait for a region that hangs", async () => {
    const id = await clinic.stream();
    await clinic.deployConsumer();
    clinic.aws.control.addFault({ kind: "latency", actions: ["*"], region: "us-west-2", ms: 600_000 });
    const { exitCode, stdout } = await runCommand(["doctor", "--timeout", "2"]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /; not seen: us-west-2$/m);
    assert.match(stdout, /^recorded .*newest just now of 1/m);
    assert.match(stdout, new RegExp(`${REGION} +${id} +office +on`));
  });

  it("writes nothing of a connector's name that would move a terminal's cursor", async () => {
    await clinic.stream({}, "\x1b[2Joffice\u202e\n");
    const { stdout } = await runCommand(["doctor", "--region", REGION]);
    assert.ok(stdout.includes("?[2Joffice??"), JSON.stringify(stdout));
    assert.ok(!stdout.includes("\u001b") && !stdout.includes("\u202e"));
  });

  it("has colours and lines that fit on a terminal, and no colours with NO_COLOR", async function () {
    if (spawnSync("script", ["--version"]).status !== 0) this.skip();
    clinic.aws.control.createVoiceConnector(REGION, "office");
    const onTerminal = async (env: NodeJS.ProcessEnv) => {
      const command = `stty cols 60; exec ${process.execPath} ${MAIN} doctor`;
      const environment = { ...process.env, TERM: "xterm", SHELL: "/bin/sh", ...env };
      const child = spawn("script", ["-qefc", command, "/dev/null"], {
        env: environment,
        stdio: ["pipe", "pipe", "inherit"],
      });
      return text(child.stdout);
    };
    const coloured = await onTerminal({});
    assert.ok(coloured.includes("\x1b[31mproblem\x1b[39m"), JSON.stringify(coloured));
    const plain = await onTerminal({ NO_COLOR: "1" });
    assert.ok(!plain.includes("\x1b"), JSON.stringify(plain));
    const table = plain.split("\r\n").filter((line) => line.includes(REGION) && !line.startsWith("  "));
    assert.ok(table.length > 0 && table.every((line) => line.length <= 60), table.join("\n"));
  });
});
