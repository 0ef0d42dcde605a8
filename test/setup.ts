import { cleanEnvironment } from "../engine/clean-environment.js";

// Whatever the shell says of AWS and Pulumi, tests talk to local-aws with credentials of their own.
const clean = cleanEnvironment();
for (const name of Object.keys(process.env)) if (!(name in clean)) delete process.env[name];

// The SDK prints a notice about future versions on Node 20 at its first use; test output stays readable without it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
