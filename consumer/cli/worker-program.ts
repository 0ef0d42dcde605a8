import { runProgram } from "./program.js";
import { workerCommand } from "./worker.js";

/** The `worker` command alone, bundled into one file for a container. */
void runProgram(() => workerCommand().exitOverride());
