import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PulumiProject } from "../../engine/pulumi-project.js";
import { engine, printed, projectFile, Stack } from "./stack.js";

const repository = join(__dirname, "..", "..");
const { devDependencies } = require(join(repository, "package.json"));
/** Two thirds are the bundles that are deployed: with the AWS SDK inside. */
const LARGEST_TARBALL_BYTES = 1_200_000;

interface Packed {
  filename: string;
  size: number;
  files: { path: string }[];
}

/** What `pulumi new typescript` writes: neither esModuleInterop nor skipLibCheck, and the oldest module resolution. */
const pulumiTemplateTsconfig = {
  compilerOptions: {
    strict: true,
    outDir: "bin",
    target: "es2020",
    module: "commonjs",
    moduleResolution: "node",
    sourceMap: true,
    experimentalDecorators: true,
    pretty: true,
    noFallthroughCasesInSwitch: true,
    noImplicitReturns: true,
    forceConsistentCasingInFileNames: true,
  },
  files: ["index.ts"],
};

const typedProgram = (connector: string) => `
import * as pulumi from "@pulumi/pulumi";
import { StreamingConfiguration, VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";
import { FragmentParser, type Sidecar } from "pulumi-chime-voice-streaming/consumer";
import { type LocalAws, startLocalAws } from "pulumi-chime-voice-streaming/local-aws";

export const parser: FragmentParser = new FragmentParser();
export const complete = (sidecar: Sidecar): boolean => sidecar.complete;
export const start: () => Promise<LocalAws> = startLocalAws;

const calls = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 24,
  connectors: [{ voiceConnectorId: "${connector}", region: "us-east-1" }],
});

const first: StreamingConfiguration | undefined = calls.connectors[0]?.streaming;
export const retention: pulumi.Output<number> | undefined = first?.dataRetentionInHours;
export const roleArn = calls.serviceLinkedRoleArn;
`;

const moduleProgram = (connector: string) => `
import { VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

const calls = await Promise.resolve(new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 24,
  connectors: [{ voiceConnectorId: "${connector}", region: "us-east-1" }],
}));
export const retention = calls.connectors[0].streaming.dataRetentionInHours;
export const roleArn = calls.serviceLinkedRoleArn;
`;

describe("the package as npm gives it", function () {
  this.timeout(240_000);
  let folder: string;
  let packed: Packed;
  let stack: Stack;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "chime-voice-streaming-pack-"));
    const { stdout } = await promisify(execFile)("npm", ["pack", "--json", "--pack-destination", folder], {
      cwd: repository,
    });
    packed = JSON.parse(stdout)[0];
    stack = await Stack.open();
  });
  after(async () => {
    await stack.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is small, and holds neither tests, demo nor sources", () => {
    assert.ok(packed.size < LARGEST_TARBALL_BYTES, `${packed.size} bytes`);
    const strays = packed.files.filter(
      ({ path }) => !/^(dist\/|consumer\/Dockerfile|package\.json|README\.md|LICENSE|CHANGELOG\.md)/.test(path),
    );
    assert.deepEqual(strays, []);
    assert.deepEqual(
      packed.files.filter(({ path }) => /\/(test|demo|engine|bench)\/|(?<!\.d)\.ts$/.test(path)),
      [],
    );
  });

  it("installs in an empty project, whose programs in CommonJS and as ES modules run on the engine", async () => {
    const connector = await stack.cloud.createConnector("us-east-1");
    const project = await PulumiProject.create({
      engine: await engine(),
      env: stack.aws.env,
      linked: [],
      files: {
        "Pulumi.yaml": projectFile.replace("index.js", "index.ts"),
        "package.json": JSON.stringify({ name: "empty", private: true }),
        "tsconfig.json": JSON.stringify(pulumiTemplateTsconfig),
        "index.ts": typedProgram(connector),
      },
    });
    try {
      const packages = ["@pulumi/pulumi", "typescript", "@types/node"].map(
        (name) => `${name}@${devDependencies[name]}`,
      );
      const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
      const install = await project.run("npm", ["install", ...quiet, join(folder, packed.filename), ...packages]);
      assert.equal(install.exitCode, 0, printed(install));

      const types = await project.run("npx", ["tsc", "--noEmit"]);
      assert.equal(types.exitCode, 0, printed(types));

      const version = await project.run("npx", ["chime-voice-streaming", "--version"]);
      assert.equal(version.stdout.trim(), require(join(repository, "package.json")).version);

      await project.pulumi("stack", "init", "dev");
      const up = await project.pulumi("up", "--yes", "--non-interactive");
      assert.equal(up.exitCode, 0, printed(up));
      assert.equal((await stack.cloud.streaming("us-east-1", connector))?.DataRetentionInHours, 24);

      await project.run("npm", ["pkg", "set", "type=module"]);
      await project.write("Pulumi.yaml", projectFile);
      await project.write("index.js", moduleProgram(connector));
      const modules = await project.pulumi("preview", "--non-interactive", "--expect-no-changes");
      assert.equal(modules.exitCode, 0, printed(modules));

      const destroy = await project.pulumi("destroy", "--yes", "--non-interactive");
      assert.equal(destroy.exitCode, 0, printed(destroy));
      assert.equal(await stack.cloud.roleExists(), false);
    } finally {
      await project.dispose();
    }
  });

  it("says what to install where a program's directory does not have it", async () => {
    await stack.project.write(
      "index.js",
      `const { StreamingConfiguration } = require(${JSON.stringify(repository)});
       new StreamingConfiguration("office", { voiceConnectorId: "abcdef1ghij2klmno3pqr4", dataRetentionInHours: 1 });`,
    );
    const { directory } = stack.project;
    await rm(join(directory, "node_modules", "pulumi-chime-voice-streaming"));
    const preview = await stack.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(printed(preview), /cannot be found from the program's directory .*: add it to the dependencies/);
  });
});
