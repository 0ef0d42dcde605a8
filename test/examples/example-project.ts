import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type CommandResult, PulumiProject } from "../../engine/pulumi-project.js";
import { engine, printed } from "../engine/stack.js";

const EXAMPLES = join(__dirname, "..", "..", "examples");
const LINKED = ["pulumi-chime-voice-streaming", "@pulumi/pulumi", "typescript", "@types/node"];

export interface ExampleOptions {
  env: Record<string, string>;
  /** Configuration by key, without the project's name; with a colon it is another namespace's. */
  config?: Record<string, unknown>;
  /** What a user writes over the example's own, by file name. */
  files?: Record<string, string>;
  linked?: string[];
}

/** An example as a user copies it: its folder, with its packages installed, a stack and its configuration. */
export class Example {
  private constructor(readonly project: PulumiProject) {}

  static async open(name: string, { env, config = {}, files = {}, linked = [] }: ExampleOptions): Promise<Example> {
    const folder = join(EXAMPLES, name);
    const own: Record<string, string> = {};
    for (const file of await readdir(folder)) {
      if (file !== "node_modules") own[file] = await readFile(join(folder, file), "utf8");
    }
    const [, project = ""] = /^name: (\S+)/.exec(own["Pulumi.yaml"] ?? "") ?? [];
    const values = Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]);
    const example = new Example(
      await PulumiProject.create({
        engine: await engine(),
        // The examples' types are checked with all others (npm run typecheck); those of @pulumi/aws take the runner half a minute.
        env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true", ...env },
        linked: [...LINKED, ...linked],
        files: {
          ...own,
          ...files,
          // JSON is YAML.
          "Pulumi.dev.yaml": JSON.stringify({ config: Object.fromEntries(values) }),
        },
      }),
    );
    await example.succeeds("stack", "init", "dev");
    return example;
  }

  /** Runs `pulumi`, which must succeed. @returns what it printed */
  async succeeds(...args: string[]): Promise<string> {
    const result: CommandResult = await this.project.pulumi(...args);
    assert.equal(result.exitCode, 0, printed(result));
    return printed(result);
  }

  async up(): Promise<string> {
    return this.succeeds("up", "--yes", "--skip-preview", "--non-interactive");
  }

  async expectNoChanges(...flags: string[]): Promise<void> {
    await this.succeeds("preview", "--expect-no-changes", "--non-interactive", ...flags);
  }

  async destroy(): Promise<string> {
    return this.succeeds("destroy", "--yes", "--skip-preview", "--non-interactive");
  }

  async output(name: string): Promise<unknown> {
    const { stdout } = await this.project.pulumi("stack", "output", "--json");
    return JSON.parse(stdout)[name];
  }

  close(): Promise<void> {
    return this.project.dispose();
  }
}
