import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PulumiProject } from "../../engine/pulumi-project.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { type AwsCli, awsCli } from "../aws-cli.js";
import { addStandIn, standInEnv } from "../aws-stand-in/plugin.js";
import { engine } from "../engine/stack.js";
import { ACCOUNT_ID, type Ministack, startMinistack } from "../ministack.js";
import { projectFiles } from "./program.js";

export const REGIONS = ["us-east-1", "eu-central-1"] as const;
export type Region = (typeof REGIONS)[number];

/** Minutes of patience are seconds here. */
const IMPATIENCE = {
  RETRY_DELAY_SECONDS: "1",
  END_LIMIT_SECONDS: "3",
  HOLD_LIMIT_SECONDS: "0.1",
  ENDED_PATIENCE_SECONDS: "0",
  LIST_REQUESTS_PER_SECOND: "30",
};

/** What a program is deployed to, and with. */
export interface Cloud {
  /** Has all that is Pulumi's aws package's, with policies enforced. Functions run as it runs them. */
  ministack: Ministack;
  /** Has Chime and Kinesis Video Streams, with a Voice Connector in each region. */
  chime: LocalAws;
  connectors: Record<Region, string>;
  /** A client that this project did not write, against ministack. */
  cli: AwsCli;
  project: PulumiProject;
  /** What AWS gives its functions and tasks, beside credentials, and what notes their calls. */
  given: Readonly<Record<string, string>>;
  /** For whatever a test has to write. */
  folder: string;
  close(): Promise<void>;
}

export interface CloudOptions {
  program: string;
  /** In which the program streams. */
  regions: readonly Region[];
  retainRecordings: boolean;
}

/** Starts both clouds, and makes a project of the program for the real engine. */
export async function openCloud(context: Mocha.Context, options: CloudOptions): Promise<Cloud> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const ministack = await startMinistack(context, { enforcePolicies: true });
    closing.push(() => ministack.stop());
    const cli = await awsCli(context, ministack.env);
    // As fast as the machine: what a test is about, it sets.
    const fast = { archiveFragmentsPerSecond: 0, dataEndpointCallsPerSecond: 0, getMediaCallsPerSecond: 0 };
    const chime = await startLocalAws({ settings: fast, accountId: ACCOUNT_ID });
    closing.push(() => chime.close());
    const connectorIn = (region: Region) => chime.control.createVoiceConnector(region, `office-${region}`).id;
    const connectors = { "us-east-1": connectorIn("us-east-1"), "eu-central-1": connectorIn("eu-central-1") };

    const folder = await mkdtemp(join(tmpdir(), "deployed-"));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "api-calls"), "");
    const given = {
      AWS_ENDPOINT_URL: ministack.endpoint,
      AWS_ENDPOINT_URL_KINESIS_VIDEO: chime.endpoint,
      NODE_EXTRA_CA_CERTS: ministack.env.NODE_EXTRA_CA_CERTS!,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      NODE_OPTIONS: `--require ${join(__dirname, "api-recorder.cjs")}`,
      API_CALLS_FILE: join(folder, "api-calls"),
    };
    const project = await openProject(options, connectors, {
      // Our own resources are Chime's and local-aws's; the stand-in knows where everything else is.
      ...chime.env,
      ...standInEnv({
        accountId: ACCOUNT_ID,
        endpoint: ministack.endpoint,
        chimeEndpoint: chime.endpoint,
        functionEnvironment: { ...given, ...IMPATIENCE },
      }),
      NODE_EXTRA_CA_CERTS: given.NODE_EXTRA_CA_CERTS,
    });
    closing.push(() => project.dispose());
    return { ministack, chime, connectors, cli, project, given, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openProject(
  { program, regions, retainRecordings }: CloudOptions,
  connectors: Record<Region, string>,
  env: Record<string, string>,
): Promise<PulumiProject> {
  const config = {
    "office:connectors": regions.map((region) => ({ voiceConnectorId: connectors[region], region })),
    "office:retainRecordings": retainRecordings,
  };
  const project = await PulumiProject.create({
    engine: await engine(),
    files: { ...projectFiles, "index.js": program, "Pulumi.dev.yaml": JSON.stringify({ config }) },
    linked: ["pulumi-chime-voice-streaming", "@pulumi/pulumi", "@pulumi/aws", "typescript", "@types/node"],
    env,
  });
  await addStandIn(project.directory);
  return project;
}
