import { provider } from "@pulumi/pulumi";
import { Clients } from "../../aws-stand-in/clients.js";
import { StandIn } from "../../aws-stand-in/provider.js";
import { kinds } from "./kinds.js";

// The engine starts this process as the aws plugin, and takes the SDK's own version for the plugin's.
const { version } = require("@pulumi/aws/package.json");
const clients = new Clients(JSON.parse(process.env.AWS_STAND_IN ?? ""));
void provider.main(new StandIn(version, { chime: () => kinds }, clients), process.argv.slice(2));
