import { compare } from "../comparison.js";
import { extractRun } from "../extract-run.js";
import { sha256OfFile } from "../file-hash.js";
import type { RowPlan } from "../row-plan.js";

/** ffmpeg takes a track without a sampling rate for one it cannot copy, so both get a file that names it. */
export const ffmpegRow: RowPlan = {
  name: "ffmpeg",
  what: "extract / ffmpeg -c copy, wall",
  target: 0.3,
  async measure(context) {
    const input = await context.input(context.minutes, "asPcm");
    const peer = {
      name: "ffmpeg",
      command: (output: string) => [
        ...["ffmpeg", "-nostdin", "-v", "fatal", "-i", input.path],
        ...["-map", "0:a", "-c", "copy", "-f", "data", "-y", output],
      ],
      isRight: async (output: string) => (await sha256OfFile(output)) === input.pcmSha256,
    };
    return compare({ ...this, ours: extractRun(input), peer }, context);
  },
};
