import assert from "node:assert/strict";
import { mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { printed, Stack } from "../engine/stack.js";

const REPOSITORY = join(__dirname, "..", "..");
const PACKAGE = "pulumi-chime-voice-streaming";

describe("a program whose packages are not where they have to be", function () {
  this.timeout(120_000);
  let stack: Stack;
  let modules: string;

  before(async () => {
    stack = await Stack.open();
    modules = join(stack.project.directory, "node_modules");
    const args = { voiceConnectorId: await stack.cloud.createConnector("us-east-1"), region: "us-east-1" };
    await stack.describe({
      kind: "StreamingConfiguration",
      name: "office",
      args: { ...args, dataRetentionInHours: 1 },
    });
    const up = await stack.up("--skip-preview");
    assert.equal(up.exitCode, 0, printed(up));
    await rm(join(modules, PACKAGE));
  });
  after(() => stack.close());

  it("uses ours through a company's package: preview says what to add, and to which package.json", async () => {
    const nested = join(modules, "@company", "calls", "node_modules", PACKAGE);
    await mkdir(dirname(nested), { recursive: true });
    await symlink(REPOSITORY, nested);
    await stack.project.write(
      "node_modules/@company/calls/index.js",
      `const { VoiceConnectorStreaming } = require("${PACKAGE}");
       exports.CompanyCalls = class extends VoiceConnectorStreaming {
         constructor(name, voiceConnectorId) {
           super(name, { dataRetentionInHours: 24, connectors: [{ voiceConnectorId }] });
         }
       };`,
    );
    await stack.project.write(
      "index.js",
      `const { CompanyCalls } = require("@company/calls");
       new CompanyCalls("calls", "abcdef1ghij2klmno3pqr4");`,
    );
    const preview = await stack.preview();
    assert.notEqual(preview.exitCode, 0);
    const where =
      "cannot be found from the program's directory .*/project: add it to the dependencies of the package.json there";
    assert.match(printed(preview), new RegExp(`${PACKAGE} ${where}`));
    assert.doesNotMatch(printed(preview), /\n\s+at /);
  });

  it("destroy without our package names it, and leaves everything as it is", async () => {
    const destroy = await stack.destroy();
    assert.notEqual(destroy.exitCode, 0);
    assert.match(printed(destroy), new RegExp(`error: Cannot find module '${PACKAGE}/dynamic-providers/`));
    assert.ok(await stack.outputs("office"), "it is still in state");
  });

  it("destroy in a clone in which npm ci has not run at all fails on the missing packages, and does not hang", async () => {
    await rm(modules, { recursive: true });
    const destroy = await stack.destroy();
    assert.notEqual(destroy.exitCode, 0);
    assert.match(printed(destroy), /Cannot find module '@pulumi\/pulumi\//);
  });
});
