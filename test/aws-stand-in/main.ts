import { provider } from "@pulumi/pulumi";
import { Clients, type StandInSettings } from "./clients.js";
import type { Kind } from "./kind.js";
import { type Kinds, StandIn } from "./provider.js";

/** Loaded when first used: each brings a client of the AWS SDK. */
const lazily = (...files: string[]) => {
  return (): Record<string, Kind> => Object.assign({}, ...files.map((file) => require(`./kinds/${file}`).kinds));
};

const kinds: Kinds = {
  sqs: lazily("sqs"),
  iam: lazily("iam"),
  lambda: lazily("lambda"),
  s3: lazily("s3"),
  cloudwatch: lazily("events", "logs", "cloudwatch"),
  ecs: lazily("ecs"),
  appautoscaling: lazily("appautoscaling"),
  chime: lazily("chime"),
};

// The engine starts this process as the aws plugin, and takes the SDK's own version for the plugin's.
const { version } = require("@pulumi/aws/package.json");
const settings: StandInSettings = JSON.parse(process.env.AWS_STAND_IN ?? "");
const standIn = new StandIn(version, kinds, new Clients(settings));
void provider.main(standIn, process.argv.slice(2));
