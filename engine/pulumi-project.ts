import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cleanEnvironment } from "./clean-environment.js";
import type { Engine } from "./find-engine.js";

export interface PulumiProjectOptions {
  engine: Engine;
  /** Files of the project by name, `Pulumi.yaml` included. */
  files: Record<string, string>;
  /** Environment beside the engine's own, e.g. what local-aws prints. */
  env: Record<string, string>;
  /** Packages of this repository that stand in the project's node_modules; empty where the project installs its own. */
  linked?: readonly string[];
  signal?: AbortSignal;
  /** Each line that a command prints, while it prints it. */
  onLine?: (line: string) => void;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

interface Deployment {
  deployment: {
    resources?: {
      type: string;
      urn: string;
      id?: string;
      inputs?: Record<string, unknown>;
      outputs?: Record<string, unknown>;
    }[];
  };
}

const REPOSITORY = dirname(__dirname);
const LINKED = ["pulumi-chime-voice-streaming", "@pulumi/pulumi", "typescript", "@types/node"];
/** Time for the engine to end what it has begun after a first SIGINT. */
const GRACE_MS = 20_000;

/** A Pulumi project in a temporary folder, run by the real command line on a file backend. */
export class PulumiProject {
  private overrides: Record<string, string> = {};

  private constructor(
    /** The temporary folder: what the project, its backend and its tools write is in it. */
    private readonly folder: string,
    private readonly options: PulumiProjectOptions,
  ) {}

  get directory(): string {
    return join(this.folder, "project");
  }

  static async create(options: PulumiProjectOptions): Promise<PulumiProject> {
    const folder = await mkdtemp(join(tmpdir(), "chime-voice-streaming-"));
    const project = new PulumiProject(folder, options);
    for (const name of ["project", "backend", "home", "tmp"]) await mkdir(join(folder, name));
    for (const [name, text] of Object.entries(options.files)) await project.write(name, text);
    for (const name of options.linked ?? LINKED) {
      const link = join(project.directory, "node_modules", name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(
        name === "pulumi-chime-voice-streaming" ? REPOSITORY : join(REPOSITORY, "node_modules", name),
        link,
      );
    }
    return project;
  }

  async write(name: string, text: string): Promise<void> {
    const file = join(this.directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** Runs `pulumi` with these arguments in the project; the exit code is the caller's to judge. */
  async pulumi(...args: string[]): Promise<CommandResult> {
    return this.run("pulumi", args);
  }

  async run(command: string, args: string[]): Promise<CommandResult> {
    const { signal } = this.options;
    signal?.throwIfAborted();
    // In a group of its own: Ctrl-C in a terminal reaches us alone, and we ask the engine to stop, once and in order.
    const child = spawn(command, args, {
      cwd: this.directory,
      env: this.environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let kill: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill("SIGINT");
      kill = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), GRACE_MS);
    };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const [stdout, stderr, exitCode] = await Promise.all([
        this.collect(child.stdout),
        this.collect(child.stderr),
        new Promise<number>((resolve, reject) => {
          child.once("error", reject);
          child.once("close", (code) => resolve(code ?? -1));
        }),
      ]);
      signal?.throwIfAborted();
      return { exitCode, stdout, stderr };
    } finally {
      clearTimeout(kill);
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Runs what `operation` runs with these variables over the project's own; an empty text takes a variable away. */
  async withEnv<T>(variables: Record<string, string>, operation: () => Promise<T>): Promise<T> {
    this.overrides = variables;
    try {
      return await operation();
    } finally {
      this.overrides = {};
    }
  }

  /** The stack's state. */
  async state(): Promise<Deployment> {
    const { stdout } = await this.pulumi("stack", "export", "--show-secrets");
    return JSON.parse(stdout);
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What its commands run in. */
  get environment(): NodeJS.ProcessEnv {
    const variables: NodeJS.ProcessEnv = {
      ...cleanEnvironment(),
      PATH: this.options.engine.path,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "backend")}`,
      PULUMI_HOME: join(this.folder, "home"),
      // The SDK's TypeScript runner caches there.
      TMPDIR: join(this.folder, "tmp"),
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_STACK: "dev",
      NO_COLOR: "1",
      ...this.options.env,
      ...this.overrides,
    };
    for (const [name, value] of Object.entries(this.overrides)) if (value === "") delete variables[name];
    return variables;
  }

  private async collect(stream: NodeJS.ReadableStream): Promise<string> {
    let text = "";
    let rest = "";
    stream.setEncoding("utf8");
    for await (const chunk of stream) {
      text += chunk;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.options.onLine?.(line);
    }
    if (rest) this.options.onLine?.(rest);
    return text;
  }
}
