import { findEngine } from "../engine/find-engine.js";
import { PulumiProject } from "../engine/pulumi-project.js";
import { type LocalAws, startLocalAws, voiceConnectorRegions } from "../local-aws/index.js";
import type { BenchContext } from "./bench-context.js";
import { type ProcessCost, runMeasured } from "./measured-process.js";

/** Given to the engine, so that it is the same on every machine. */
export const PARALLEL = 16;
/** How long AWS takes to answer any call. */
export const ANSWER_MS = 20;

const COMMAND_LIMIT_MS = 10 * 60_000;

const projectFile = "name: fleet\nruntime: nodejs\nmain: index.js\n";

const ours = `
const { StreamingConfiguration } = require("pulumi-chime-voice-streaming");
for (const args of require("./connectors.json")) new StreamingConfiguration(args.voiceConnectorId, args);
`;

/** As many resources of a dynamic provider, with the same arguments and outputs, that does nothing. */
const noOperation = `
const pulumi = require("@pulumi/pulumi");
const __provider = \`exports.handler=()=>({
  check: async (olds, news) => ({ inputs: news, failures: [] }),
  diff: async () => ({ changes: false }),
  create: async (inputs) => ({ id: inputs.region + "/" + inputs.voiceConnectorId, outs: inputs }),
  read: async (id, props) => ({ id, props }),
  update: async (id, olds, news) => ({ outs: news }),
  delete: async () => {},
})\`;
class Nothing extends pulumi.CustomResource {
  constructor(name, args) { super("pulumi-nodejs:dynamic/bench:Nothing", name, { ...args, __provider }); }
}
for (const args of require("./connectors.json")) new Nothing(args.voiceConnectorId, args);
`;

export interface FleetCost {
  up: ProcessCost;
  refresh: ProcessCost;
  destroy: ProcessCost;
}

/** A stack of many connectors over all regions, and the same stack of resources that do nothing. */
export class Fleet {
  private constructor(
    private readonly aws: LocalAws,
    private readonly projects: Record<"ours" | "peer", PulumiProject>,
    private readonly connectors: number,
    private readonly context: BenchContext,
  ) {}

  static async open(connectors: number, context: BenchContext): Promise<Fleet> {
    const engine = await findEngine({ say: context.say, signal: context.signal });
    // Quotas would be all that is measured: the tests have them.
    const aws = await startLocalAws({ settings: { chimeCallsPerSecond: 0 } });
    const list = Array.from({ length: connectors }, (_, i) => {
      const region = voiceConnectorRegions[i % voiceConnectorRegions.length]!;
      return { voiceConnectorId: aws.control.createVoiceConnector(region).id, region, dataRetentionInHours: 24 };
    });
    aws.control.addFault({ kind: "latency", actions: ["*"], ms: ANSWER_MS });
    const create = async (program: string) => {
      const files = {
        "Pulumi.yaml": projectFile,
        "package.json": '{ "name": "fleet", "private": true }',
        "connectors.json": JSON.stringify(list),
        "index.js": program,
      };
      const project = await PulumiProject.create({ engine, files, env: aws.env, signal: context.signal });
      await project.pulumi("stack", "init", "dev");
      return project;
    };
    return new Fleet(aws, { ours: await create(ours), peer: await create(noOperation) }, connectors, context);
  }

  /** One life of a stack, each command measured as a whole process. @throws where AWS does not hold what it should */
  async live(which: "ours" | "peer"): Promise<FleetCost> {
    const up = await this.command(which, "up", "--skip-preview");
    if (which === "ours") this.assertStreaming(this.connectors);
    const refresh = await this.command(which, "refresh", "--skip-preview");
    const destroy = await this.command(which, "destroy", "--skip-preview");
    if (which === "ours") this.assertStreaming(0);
    return { up, refresh, destroy };
  }

  async close(): Promise<void> {
    for (const project of Object.values(this.projects)) await project.dispose();
    await this.aws.close();
  }

  private async command(which: "ours" | "peer", ...args: string[]): Promise<ProcessCost> {
    const { directory, environment } = this.projects[which];
    const flags = ["--yes", "--non-interactive", "--parallel", `${PARALLEL}`, "--cwd", directory];
    const { signal } = this.context;
    const { wallMs, cpuMs, peakRssBytes } = await runMeasured(["pulumi", ...args, ...flags], {
      env: environment,
      signal,
      limitMs: COMMAND_LIMIT_MS,
    });
    return { wallMs, cpuMs, peakRssBytes };
  }

  private assertStreaming(expected: number): void {
    const streaming = this.aws.control.state().voiceConnectors.filter((connector) => connector.streaming).length;
    if (streaming !== expected) throw new Error(`${streaming} connectors stream, not ${expected}`);
  }
}
