import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A leg in the archive of a local-aws that runs as another process. */
export interface ServedLeg {
  endpoint: string;
  /** For clients of it. */
  env: Record<string, string>;
  region: string;
  streamArn: string;
  transactionId: string;
  startFragmentNumber: string;
  /** ISO 8601. */
  endTime: string;
  /** In order. */
  fragmentNumbers: string[];
  pcmBytes: number;
  pcmSha256: string;
}

/** Starts a local-aws with a leg of that many minutes in its archive, and stops it when `use` has ended. */
export async function withServedLeg<Result>(
  minutes: number,
  signal: AbortSignal,
  use: (leg: ServedLeg) => Promise<Result>,
): Promise<Result> {
  const program = join(__dirname, "leg-server.ts");
  const server = spawn(process.execPath, ["--import", "tsx", program, `${minutes}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(server, "exit");
  // Where it has ended already nobody is left to be told to.
  server.stdin.on("error", () => undefined);
  try {
    const line = await Promise.race([
      once(createInterface(server.stdout), "line", { signal }),
      exited.then(() => {
        throw new Error("local-aws did not start");
      }),
    ]);
    return await use(JSON.parse(line[0]) as ServedLeg);
  } finally {
    server.stdin.end();
    await exited;
  }
}
