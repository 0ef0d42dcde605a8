import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Whether processes can be looked for here: /proc tells of them on Linux. */
export const canListProcesses = existsSync("/proc/self/environ");

/** Processes that carry `NAME=value` in their environment. */
export function processesWith(variable: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(variable)) return [];
        return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
      } catch {
        // It ended meanwhile, or is somebody else's.
        return [];
      }
    });
}
