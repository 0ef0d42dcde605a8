import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { voiceConnectorStreamingFaults } from "../../components/voice-connector-streaming-arguments.js";
import { readConfiguration } from "../../stack/configuration.js";
import { printed, Stack } from "../engine/stack.js";
import { actionlint } from "./actionlint.js";

// The SDK's own YAML parser.
const { load } = require("js-yaml") as { load(text: string): unknown };

const REPOSITORY = join(__dirname, "..", "..");
const GITOPS = join(REPOSITORY, "examples", "gitops");
const WORKFLOW = join(GITOPS, "github-actions.yaml");
const NAMESPACE = "chime-voice-streaming:";

interface Step {
  id?: string;
  run?: string;
  uses?: string;
  with?: Record<string, string>;
}
interface Workflow {
  on: Record<string, unknown>;
  jobs: Record<string, { if: string; steps: Step[] }>;
}

/** A program run of its own: what other files of this process declared is no part of it. */
const beginRun = () =>
  pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "", state: inputs }), call: ({ inputs }) => inputs });

/** What the root's program finds wrong with a stack's configuration. */
function faultsOf(config: Record<string, unknown>): object[] {
  const own = Object.entries(config).filter(([key]) => key.startsWith(NAMESPACE));
  assert.ok(own.length > 0);
  const values = own.map(([key, value]) => [
    key.slice(NAMESPACE.length),
    { text: typeof value === "string" ? value : JSON.stringify(value), isSecret: false },
  ]);
  return readConfiguration(Object.fromEntries(values), voiceConnectorStreamingFaults).faults;
}

const yamlOf = async <T>(...path: string[]) => load(await readFile(join(REPOSITORY, ...path), "utf8")) as T;

describe("the GitHub Actions workflow", function () {
  this.timeout(240_000);
  let workflow: Workflow;
  before(async () => {
    workflow = await yamlOf<Workflow>("examples", "gitops", "github-actions.yaml");
  });

  it("is right for actionlint, which finds a mistake where there is one", async function () {
    assert.equal(await actionlint(this, WORKFLOW), "");
    const folder = await mkdtemp(join(tmpdir(), "chime-voice-streaming-"));
    try {
      const broken = (await readFile(WORKFLOW, "utf8")).replace(
        "github.event_name == 'push'",
        "github.event_nam == 'push'",
      );
      await writeFile(join(folder, "broken.yaml"), broken);
      assert.match(await actionlint(this, join(folder, "broken.yaml")), /event_nam/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("previews pull requests and looks for drift with the role that only reads, and deploys merges with the other", () => {
    const { preview, up, drift } = workflow.jobs;
    const roleOf = (job?: { steps: Step[] }) =>
      job?.steps.flatMap((step) => step.with?.["role-to-assume"] ?? []).join() ?? "";
    const eventOf = (job?: { if: string }) => /'(\w+)'/.exec(job?.if ?? "")?.[1];
    assert.deepEqual([preview, up, drift].map(eventOf), ["pull_request", "push", "schedule"]);
    assert.deepEqual(Object.keys(workflow.on).sort(), ["pull_request", "push", "schedule"]);
    assert.match(roleOf(preview), /READER/);
    assert.match(roleOf(drift), /READER/);
    assert.match(roleOf(up), /DEPLOYER/);
    const reading = [...(preview?.steps ?? []), ...(drift?.steps ?? [])].map(({ run }) => run ?? "").join("\n");
    assert.doesNotMatch(reading, /pulumi (up|destroy|refresh)/);
  });

  it("its drift step, run as it stands, ends with 0, and with 7 after a change beside Pulumi", async () => {
    const script = workflow.jobs.drift?.steps.find(({ id }) => id === "drift")?.run ?? "";
    const stack = await Stack.open();
    try {
      const id = await stack.cloud.createConnector("us-east-1");
      const args = { voiceConnectorId: id, region: "us-east-1", dataRetentionInHours: 24 };
      await stack.describe({ kind: "StreamingConfiguration", name: "office", args });
      assert.equal((await stack.up("--skip-preview")).exitCode, 0);
      // As GitHub runs it.
      const drift = () => stack.project.run("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
      const quiet = await drift();
      assert.equal(quiet.exitCode, 0, printed(quiet));
      await stack.cloud.putStreaming("us-east-1", id, { DataRetentionInHours: 1, Disabled: false });
      const found = await drift();
      assert.equal(found.exitCode, 7, printed(found));
      assert.match(found.stdout, /::error title=Drift::/);
      assert.match(found.stdout, /dataRetentionInHours/);
    } finally {
      await stack.close();
    }
  });
});

describe("the other files of examples/gitops", () => {
  before(beginRun);
  it("the stack's configuration is right, in the example and in the docs", async () => {
    const example = await yamlOf<{ config: Record<string, unknown> }>("examples", "gitops", "Pulumi.prod.yaml");
    assert.deepEqual(faultsOf(example.config), []);
    const page = await readFile(join(REPOSITORY, "docs", "gitops.md"), "utf8");
    const [, block = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    assert.deepEqual(load(block), example);
  });

  it("the operator's Stack uses the fields that its README names with their source, and a right configuration", async () => {
    const path = ["examples", "gitops", "pulumi-operator-stack.yaml"];
    const manifest = await yamlOf<{ apiVersion: string; kind: string; spec: Record<string, unknown> }>(...path);
    assert.deepEqual([manifest.apiVersion, manifest.kind], ["pulumi.com/v1", "Stack"]);
    const readme = await readFile(join(GITOPS, "README.md"), "utf8");
    const [, table = ""] = /\| field of `spec` \| \|([\s\S]*?)\n\n/.exec(readme) ?? [];
    const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field);
    assert.deepEqual(Object.keys(manifest.spec).sort(), named.sort());
    assert.deepEqual(faultsOf(manifest.spec.config as Record<string, unknown>), []);
  });
});

describe("the root's configuration", () => {
  before(beginRun);
  const faultLines = (config: Record<string, unknown>) =>
    readConfiguration(
      // As the engine hands it over, with the defaults of Pulumi.yaml.
      Object.fromEntries(
        Object.entries({ dataRetentionInHours: 24, ...config }).map(([key, value]) => [
          key,
          { text: String(value), isSecret: false },
        ]),
      ),
      voiceConnectorStreamingFaults,
    ).faults.map(({ property, reason }) => `${property} ${reason}`);
  const ids = '{"us-east-1":["abcdef1ghij2klmno3pqr4"]}';

  const cases: [string, Record<string, unknown>, RegExp[]][] = [
    ["a list where regions are", { regions: "[]" }, [/^regions must be an object with a list/]],
    ["a text where regions are", { regions: "us-east-1" }, [/^regions must be/]],
    [
      "a text in the place of a list of ids",
      { regions: '{"us-east-1":"abc"}' },
      [/^regions.us-east-1 must be a list of Voice Connector ids/],
    ],
    ["an object where connectors are", { connectors: "{}" }, [/^connectors must be a list/]],
    ["a connector that is no object", { connectors: '["abc"]' }, [/^connectors\[0\] must be an object/]],
    [
      "the same connector twice",
      { regions: ids, connectors: '[{"voiceConnectorId":"abcdef1ghij2klmno3pqr4"}]' },
      [/^connectors\[0\]\.voiceConnectorId is the same as that of regions\.us-east-1\[0\]$/],
    ],
    [
      "one region's text with what is wrong with the others",
      { regions: '{"us-east-1":"x","eu-west-9":["y"],"us-west-2":{},"eu-west-1":["bad"]}' },
      [
        /^regions\.us-east-1 must be a list/,
        /^regions\.us-west-2 must be a list/,
        /^regions\.eu-west-9\[0\] must be a region/,
        /^regions\.eu-west-9\[0\] must be 21/,
        /^regions\.eu-west-1\[0\] must be 21/,
      ],
    ],
    [
      "several at once",
      { regions: ids, retain: 1, onDelete: "go", disabled: "perhaps" },
      [/^retain is not a key of this project/, /^disabled must be true or false/, /^onDelete must be/],
    ],
    ["nothing", {}, [/^connectors or regions must name a Voice Connector/]],
  ];
  for (const [title, config, expected] of cases) {
    it(`refuses ${title}`, () => {
      const lines = faultLines(config);
      assert.equal(lines.length, expected.length, lines.join("\n"));
      for (const line of expected)
        assert.ok(
          lines.some((text) => line.test(text)),
          `${line} in\n${lines.join("\n")}`,
        );
    });
  }

  it("takes a whole configuration, texts that look like something else among it", () => {
    const config = {
      regions: ids,
      dataRetentionInHours: "72",
      onDelete: "restore",
      profile: "123",
      serviceLinkedRole: "false",
    };
    assert.deepEqual(faultLines(config), []);
  });
});
