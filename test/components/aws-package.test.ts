import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { awsPackage } from "../../components/aws-package.js";
import { lambdaBundle } from "../../components/lambda-bundle.js";

const repository = join(__dirname, "..", "..");
const NAME = "pulumi-chime-voice-streaming";

/** Says what it loaded, and what becomes of a component that needs @pulumi/aws. */
const program = `
const pulumi = require("@pulumi/pulumi");
const { CallAudioConsumer, VoiceConnectorStreaming } = require("${NAME}");
const loaded = Object.keys(require.cache).filter((path) => path.includes("/@pulumi/aws/"));
const mocks = { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({ accountId: "123456789012" }) };
pulumi.runtime.setMocks(mocks).then(() => {
  const connectors = [{ voiceConnectorId: "abcdef1ghij2klmno3pqr4", region: "us-east-1" }];
  let error;
  try {
    new CallAudioConsumer("recorder", { connectors });
  } catch ({ message }) {
    error = message;
  }
  console.log(JSON.stringify({ loaded, isStreaming: typeof VoiceConnectorStreaming, error }));
});`;

async function output(folder: string): Promise<{ loaded: string[]; isStreaming: string; error?: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, ["program.js"], { cwd: folder });
  return JSON.parse(stdout);
}

describe("@pulumi/aws", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "chime-voice-streaming-peer-"));
    await mkdir(join(folder, "node_modules", "@pulumi"), { recursive: true });
    await symlink(
      join(repository, "node_modules", "@pulumi", "pulumi"),
      join(folder, "node_modules", "@pulumi", "pulumi"),
    );
    await writeFile(join(folder, "program.js"), program);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A copy: what it requires is looked for in this folder and above, not in the repository. */
  async function install(): Promise<void> {
    const installed = join(folder, "node_modules", NAME);
    await cp(join(repository, "package.json"), join(installed, "package.json"));
    await cp(join(repository, "dist"), join(installed, "dist"), { recursive: true });
  }

  it("need not be there for programs that only stream, and the consumer says what to install", async () => {
    await install();
    const { isStreaming, error } = await output(folder);
    assert.equal(isStreaming, "function");
    assert.equal(
      error,
      "CallAudioConsumer makes resources of @pulumi/aws, which is not installed: run npm install @pulumi/aws@^7.",
    );
  });

  it("is loaded when a component needs it, and not before", async () => {
    await install();
    await symlink(join(repository, "node_modules", "@pulumi", "aws"), join(folder, "node_modules", "@pulumi", "aws"));
    const { loaded, error } = await output(folder);
    assert.deepEqual(loaded, []);
    assert.equal(error, undefined);
  });

  it("is refused where it is older than its resources' regions", () => {
    const load = () => ({ version: "6.83.0" });
    const says =
      /^CallAudioConsumer needs @pulumi\/aws 7, and 6.83.0 is installed: run npm install @pulumi\/aws@\^7\.$/;
    assert.throws(() => awsPackage("CallAudioConsumer", load), { message: says });
  });

  it("that is damaged is no package that is missing", () => {
    const load = () => {
      throw new SyntaxError("Unexpected end of JSON input");
    };
    assert.throws(() => awsPackage("CallAudioConsumer", load), SyntaxError);
  });
});

describe("the functions' code", () => {
  it("is found from the sources and from where the package is installed", () => {
    const bundle = join(repository, "dist", "bundles", "lambda", "index.js");
    assert.equal(lambdaBundle(join(repository, "components")), bundle);
    assert.equal(lambdaBundle(join(repository, "dist", "components")), bundle);
  });

  it("is asked for where it was not built", () => {
    assert.throws(() => lambdaBundle(join(repository, "test", "components")), /is not in .*run npm run build/);
  });
});
