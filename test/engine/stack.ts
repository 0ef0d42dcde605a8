import assert from "node:assert/strict";
import { Cloud } from "../../demo/cloud.js";
import { type Engine, findEngine } from "../../engine/find-engine.js";
import { type CommandResult, PulumiProject } from "../../engine/pulumi-project.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";

let found: Promise<Engine> | undefined;

/** The real engine, found or made once for all tests. */
export function engine(): Promise<Engine> {
  found ??= findEngine({ say: (line) => console.error(`      ${line}`) });
  return found;
}

export const projectFile = `name: calls
runtime: nodejs
main: index.js
`;

/** A program whose resources are described by a file, so that a test changes arguments and nothing else. */
const program = `
const streaming = require("pulumi-chime-voice-streaming");
const resources = JSON.parse(require("fs").readFileSync("resources.json", "utf8"));
const named = {};
for (const { kind, name, args, dependsOn = [], options } of resources) {
  named[name] = new streaming[kind](name, args, { dependsOn: dependsOn.map((other) => named[other]), ...options });
}
`;

export interface Described {
  kind: "StreamingConfiguration" | "ServiceLinkedRole" | "VoiceConnectorStreaming";
  name: string;
  args: unknown;
  dependsOn?: string[];
  /** Other options of the resource. */
  options?: object;
}

/** A stack of a small project on the real engine, and the local AWS that it talks to. */
export class Stack {
  /** Asks AWS itself: what it holds is not read from Pulumi's state. */
  readonly cloud: Cloud;

  private constructor(
    readonly aws: LocalAws,
    readonly project: PulumiProject,
  ) {
    this.cloud = new Cloud(aws.endpoint, aws.env);
  }

  /** @param aws an AWS that stacks share; default: one of its own */
  static async open(aws?: LocalAws, env: Record<string, string> = {}): Promise<Stack> {
    const own = aws ?? (await startLocalAws());
    const files = {
      "Pulumi.yaml": projectFile,
      "package.json": '{ "name": "calls", "private": true }',
      "index.js": program,
      "resources.json": "[]",
    };
    const project = await PulumiProject.create({ engine: await engine(), files, env: { ...own.env, ...env } });
    const stack = new Stack(own, project);
    const init = await project.pulumi("stack", "init", "dev");
    assert.equal(init.exitCode, 0, init.stderr);
    return stack;
  }

  async close(): Promise<void> {
    await this.project.dispose();
    await this.aws.close();
  }

  describe(...resources: Described[]): Promise<void> {
    return this.project.write("resources.json", JSON.stringify(resources));
  }

  /** Without the preview before it, which most tests are not about and all would wait for. */
  up(...flags: string[]): Promise<CommandResult> {
    return this.project.pulumi("up", "--yes", "--skip-preview", "--non-interactive", ...flags);
  }

  preview(...flags: string[]): Promise<CommandResult> {
    return this.project.pulumi("preview", "--non-interactive", ...flags);
  }

  /** Exits with 7 where AWS holds something else than the state. */
  drift(...flags: string[]): Promise<CommandResult> {
    return this.project.pulumi("refresh", "--preview-only", "--expect-no-changes", "--non-interactive", ...flags);
  }

  refresh(...flags: string[]): Promise<CommandResult> {
    return this.project.pulumi("refresh", "--yes", "--skip-preview", "--non-interactive", ...flags);
  }

  destroy(...flags: string[]): Promise<CommandResult> {
    return this.project.pulumi("destroy", "--yes", "--skip-preview", "--non-interactive", ...flags);
  }

  /** The outputs of a resource in state, by its name. */
  async outputs(name: string): Promise<Record<string, unknown> | undefined> {
    const { deployment } = await this.project.state();
    return deployment.resources?.find(({ urn }) => urn.endsWith(`::${name}`))?.outputs;
  }
}

/** Everything that a command printed, for messages of failed assertions. */
export function printed({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`;
}
