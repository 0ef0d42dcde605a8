import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Engine } from "../engine/find-engine.js";
import { PulumiProject } from "../engine/pulumi-project.js";
import { Cloud } from "./cloud.js";
import { Companion } from "./processes.js";

const REPOSITORY = dirname(__dirname);
const EXAMPLE = join(REPOSITORY, "examples", "quick-start");
const EXAMPLE_FILES = ["Pulumi.yaml", "package.json", "tsconfig.json", "index.ts"];

/** Pulumi tells each step as it goes; the demo shows what it says at the end. */
function quietFlags([command]: string[]): string[] {
  return ["up", "refresh", "destroy"].includes(command ?? "") ? ["--suppress-progress", "--suppress-outputs"] : [];
}

async function makeEmpty(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
  } catch (error) {
    throw new Error(`The recordings go to ${folder}, which cannot be made anew: ${(error as Error).message}`);
  }
}

export interface StageOptions {
  engine: Engine;
  signal: AbortSignal;
  /** Lines of Pulumi's own output. */
  quote: (line: string) => void;
}

/** What the demo plays on: local-aws with two Voice Connectors, and a Pulumi project that a user would write. */
export class Stage {
  private readonly companions: Companion[] = [];
  private project: PulumiProject | undefined;

  private constructor(
    readonly endpoint: string,
    readonly env: Record<string, string>,
    readonly cloud: Cloud,
    readonly connectors: { region: string; id: string }[],
    /** Where the recordings go. */
    readonly output: string,
    private readonly quote: (line: string) => void,
  ) {}

  /** Runs `play` on a stage, and clears the stage away whatever happens: no process, no temporary folder is left. */
  static async use(options: StageOptions, play: (stage: Stage) => Promise<void>): Promise<void> {
    const output = join(REPOSITORY, "demo-output");
    await makeEmpty(output);
    const localAws = Companion.start(["local-aws", "--json"], {});
    let stage: Stage | undefined;
    try {
      const ready = await localAws.next<{ endpoint: string; env: Record<string, string> }>(options.signal);
      const cloud = new Cloud(ready.endpoint, ready.env);
      const connectors: { region: string; id: string }[] = [];
      for (const region of ["us-east-1", "eu-central-1"]) {
        connectors.push({ region, id: await cloud.createConnector(region, `office-${region}`) });
      }
      stage = new Stage(ready.endpoint, ready.env, cloud, connectors, output, options.quote);
      await stage.openProject(options);
      await play(stage);
    } finally {
      await stage?.clear();
      await localAws.stop();
    }
  }

  /** Runs `pulumi` in the project. @throws Error with its output where the exit code is not among `expected` */
  async pulumi(args: string[], expected = [0]): Promise<{ exitCode: number; stdout: string }> {
    this.quote(`$ pulumi ${args.join(" ")}`);
    const result = await this.project!.pulumi(...args, "--non-interactive", ...quietFlags(args));
    if (expected.includes(result.exitCode)) return result;
    throw new Error(`pulumi ${args.join(" ")} ended with ${result.exitCode}:\n${result.stdout}\n${result.stderr}`);
  }

  /** Starts a command of this package that runs until the stage is cleared. */
  start(args: string[], env: Record<string, string>): Companion {
    const companion = Companion.start(args, { ...this.env, ...env });
    this.companions.push(companion);
    return companion;
  }

  private async openProject({ engine, signal, quote }: StageOptions): Promise<void> {
    const files: Record<string, string> = {};
    for (const name of EXAMPLE_FILES) files[name] = await readFile(join(EXAMPLE, name), "utf8");
    this.project = await PulumiProject.create({ engine, files, env: this.env, signal, onLine: quote });
  }

  private async clear(): Promise<void> {
    await Promise.all(this.companions.map((companion) => companion.stop()));
    await this.project?.dispose();
  }
}
