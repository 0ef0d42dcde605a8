import { join, relative } from "node:path";
import { compareSamples } from "./comparison.js";
import { type Companion, runJson } from "./processes.js";
import type { Proofs } from "./proofs.js";
import type { Stage } from "./stage.js";

const CALLER = join(__dirname, "audio", "caller.wav");
const CALLEE = join(__dirname, "audio", "callee.wav");
const RETENTION_IN_HOURS = 24;
const LEGS_A_CALL = 2;

interface PlayedCall {
  transactionId: string;
  legs: { streamArn: string; isCaller: boolean }[];
}

interface RecordedLeg {
  transactionId: string;
  isCaller: boolean;
  complete: boolean;
  audio: { location: string };
}

/** The main job, chapter by chapter; each adds what it proved. */
export class Story {
  constructor(
    private readonly stage: Stage,
    private readonly proofs: Proofs,
    private readonly say: (line: string) => void,
    private readonly signal: AbortSignal,
  ) {}

  async play(): Promise<void> {
    await this.deploy();
    const worker = this.stage.start(["worker"], { OUTPUT: this.stage.output, LOG_LEVEL: "warn" });
    const first = await this.call("First call", worker);
    const second = await this.call("Second call", worker);
    const streams = (call: PlayedCall) =>
      call.legs
        .map(({ streamArn }) => streamArn)
        .sort()
        .join(" ");
    this.proofs.add(
      "Two legs have two streams, which the next call reuses without mixing",
      new Set(first.legs.map(({ streamArn }) => streamArn)).size === LEGS_A_CALL && streams(first) === streams(second),
      `2 streams, ${2 * LEGS_A_CALL} recordings`,
    );
    const exitCode = await worker.stop();
    this.proofs.add("The worker ends in order when it is asked to", exitCode === 0, `exit code ${exitCode}`);
    await this.driftAndRepair();
    await this.destroy();
  }

  private async deploy(): Promise<void> {
    const { stage } = this;
    this.say("pulumi up: the role, then streaming on two Voice Connectors in two regions");
    await stage.pulumi(["stack", "init", "dev"]);
    for (const [i, { region, id }] of stage.connectors.entries()) {
      await stage.pulumi(["config", "set", "--path", `connectors[${i}].voiceConnectorId`, id]);
      await stage.pulumi(["config", "set", "--path", `connectors[${i}].region`, region]);
    }
    await stage.pulumi(["config", "set", "dataRetentionInHours", String(RETENTION_IN_HOURS)]);
    await stage.pulumi(["up", "--yes"]);

    const actions = await stage.cloud.actions();
    const roleAt = actions.indexOf("iam:CreateServiceLinkedRole");
    const putAt = actions.indexOf("chime:PutVoiceConnectorStreamingConfiguration");
    this.proofs.add(
      "The service-linked role was made before streaming started",
      roleAt >= 0 && putAt > roleAt && (await stage.cloud.roleExists()),
      `API call ${roleAt + 1}, then ${putAt + 1}`,
    );
    const retentions = await this.retentions();
    this.proofs.add(
      "Streaming is on for both connectors, asked of Chime",
      retentions.every((retention) => retention === RETENTION_IN_HOURS),
      stage.connectors.map(({ region }, i) => `${region}: ${retentions[i] ?? "off"} h`).join(", "),
    );
    const { exitCode } = await stage.pulumi(["preview", "--expect-no-changes"], [0, 7]);
    this.proofs.add("A preview right after expects no changes", exitCode === 0, `exit code ${exitCode}`);
  }

  private async call(title: string, worker: Companion): Promise<PlayedCall> {
    const { stage, signal } = this;
    const { region, id } = stage.connectors[0]!;
    const where = ["--endpoint", stage.endpoint, "--region", region, "--voice-connector-id", id];
    const what = ["--caller", CALLER, "--callee", CALLEE, "--speed", "max", "--json"];
    const played = await runJson<PlayedCall>(["call", ...where, ...what], stage.env, signal);
    this.say(`${title}: transaction ${played.transactionId}`);
    const sides = new Set<boolean>();
    for (let leg = 0; leg < LEGS_A_CALL; leg++) {
      const recorded = await worker.next<RecordedLeg>(signal);
      sides.add(recorded.isCaller);
      const who = recorded.isCaller ? "caller" : "callee";
      const file = recorded.audio.location;
      const comparison = await compareSamples(recorded.isCaller ? CALLER : CALLEE, file);
      const exact = comparison.firstDifference === undefined;
      this.say(`  ${who}: ${relative(process.cwd(), file)}`);
      this.proofs.add(
        `${title}, ${who}: recorded as spoken, sample by sample`,
        exact && recorded.complete && recorded.transactionId === played.transactionId,
        exact
          ? `${comparison.samplesRecorded} samples, complete: ${recorded.complete}`
          : `differs at sample ${comparison.firstDifference}, ${comparison.samplesRecorded} of ${comparison.samplesPlayed}`,
      );
    }
    if (sides.size !== LEGS_A_CALL) throw new Error(`${title}: both recordings are of the same side`);
    return played;
  }

  private async driftAndRepair(): Promise<void> {
    const { stage } = this;
    const { region, id } = stage.connectors[1]!;
    this.say("Somebody sets the retention to 1 h behind Pulumi's back");
    await stage.cloud.putStreaming(region, id, { DataRetentionInHours: 1, Disabled: false });
    const { stdout } = await stage.pulumi(["refresh", "--yes"]);
    this.proofs.add(
      "pulumi refresh sees it and names it",
      /\[diff: [^\]]*dataRetentionInHours/.test(stdout),
      "dataRetentionInHours",
    );
    await stage.pulumi(["up", "--yes"]);
    const retentions = await this.retentions();
    this.proofs.add("pulumi up repairs it, asked of Chime", retentions[1] === RETENTION_IN_HOURS, `${retentions[1]} h`);
  }

  private async destroy(): Promise<void> {
    const { stage } = this;
    this.say("pulumi destroy");
    await stage.pulumi(["destroy", "--yes"]);
    const retentions = await this.retentions();
    const off = retentions.every((retention) => retention === undefined);
    this.proofs.add(
      "Streaming is stopped on both connectors, asked of Chime",
      off,
      off ? "none configured" : "still on",
    );
    const gone = !(await stage.cloud.roleExists());
    this.proofs.add("The service-linked role is gone, asked of IAM", gone, gone ? "NoSuchEntity" : "still there");
  }

  private async retentions(): Promise<(number | undefined)[]> {
    const { connectors, cloud } = this.stage;
    const all = await Promise.all(connectors.map(({ region, id }) => cloud.streaming(region, id)));
    return all.map((configuration) => configuration?.DataRetentionInHours);
  }
}
