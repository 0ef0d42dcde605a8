import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchContext } from "../bench-context.js";
import { type Contestant, compare } from "../comparison.js";
import { commandLine } from "../extract-run.js";
import { sha256OfFile } from "../file-hash.js";
import type { RowPlan } from "../row-plan.js";
import { type ServedLeg, withServedLeg } from "../served-leg.js";
import { spokenSha256 } from "../spoken-hash.js";

/** As many as the archive reader has under way. */
const REQUESTS_AT_ONCE = 3;
/** More than any machine takes: the service's quota, which `record` keeps by itself, would be all that is measured. */
const NO_LIMIT = "1000000000";

/** `record --archive` as a user runs it who knows the leg's end, as the ENDED event tells it. */
function recording(leg: ServedLeg): Contestant {
  return {
    name: "record --archive",
    env: { ...process.env, ...leg.env },
    command: (output) => [
      ...commandLine,
      ...["record", "--archive", "--stream-arn", leg.streamArn, "--transaction-id", leg.transactionId],
      ...["--start-fragment", leg.startFragmentNumber, "--to", leg.endTime],
      ...["--fragments-per-second", NO_LIMIT, "--no-stereo", "-o", output, "--json"],
    ],
    async isRight(output) {
      const files = (await readdir(output)).filter((name) => name.endsWith(".wav"));
      if (files.length !== 1) return false;
      const path = join(output, files[0]!);
      return (await sha256OfFile(path, (await stat(path)).size - leg.pcmBytes)) === leg.pcmSha256;
    },
  };
}

async function mediaRequestsServed({ endpoint }: ServedLeg): Promise<number> {
  const answer = await fetch(`${endpoint}/_local/calls`);
  const { calls } = (await answer.json()) as { calls: { action: string }[] };
  return calls.filter(({ action }) => action === "kinesisvideo:GetMediaForFragmentList").length;
}

/** One answer a file. The signature is not checked, so curl is spared making it. */
function curlConfiguration({ endpoint, env, region }: ServedLeg, requests: readonly string[], output: string): string {
  const scope = `${env.AWS_ACCESS_KEY_ID}/20260101/${region}/kinesisvideo/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`;
  const transfers = requests.map((request, i) =>
    [
      `url = "${endpoint}/getMediaForFragmentList"`,
      `header = "Content-Type: application/json"`,
      `header = "Authorization: ${authorization}"`,
      `data = "@${request}"`,
      `output = "${join(output, `${String(i).padStart(5, "0")}.mkv`)}"`,
      "create-dirs",
      "fail",
    ].join("\n"),
  );
  return transfers.join("\nnext\n");
}

/** curl asking for the same fragments in as many requests as `record` needed, the answers left as they are. */
function fetching(leg: ServedLeg, folder: string, requestCount: () => Promise<number>): Contestant {
  const configurationPath = join(folder, "curl.conf");
  return {
    name: "curl",
    async command(output) {
      const perRequest = Math.ceil(leg.fragmentNumbers.length / (await requestCount()));
      const requests: string[] = [];
      for (let first = 0; first < leg.fragmentNumbers.length; first += perRequest) {
        const path = join(folder, `request-${requests.length}.json`);
        const Fragments = leg.fragmentNumbers.slice(first, first + perRequest);
        await writeFile(path, JSON.stringify({ StreamARN: leg.streamArn, Fragments }));
        requests.push(path);
      }
      await writeFile(configurationPath, curlConfiguration(leg, requests, output));
      return [
        ...["curl", "--silent", "--show-error", "--parallel", "--parallel-max", `${REQUESTS_AT_ONCE}`],
        ...["--config", configurationPath],
      ];
    },
    async isRight(output) {
      const files = (await readdir(output)).sort().map((name) => join(output, name));
      return (await spokenSha256(files, leg.transactionId)) === leg.pcmSha256;
    },
  };
}

/** A leg out of the archive: listed, fetched, put in order, checked, hashed and written, against fetching alone. */
export const archiveRow: RowPlan = {
  name: "archive",
  what: "record --archive / curl fetching the same from local-aws, wall",
  target: 2,
  async measure(context: BenchContext) {
    const { minutes, signal } = context;
    const folder = join(context.folder, "curl");
    await mkdir(folder, { recursive: true });
    context.say(`a call of ${minutes} min into local-aws`);
    return withServedLeg(minutes, signal, async (leg) => {
      let counted: number | undefined;
      const requestCount = async () => {
        counted ??= await mediaRequestsServed(leg);
        return counted;
      };
      const row = await compare({ ...this, ours: recording(leg), peer: fetching(leg, folder, requestCount) }, context);
      const figures = { fragments: leg.fragmentNumbers.length, mediaRequests: await requestCount() };
      const note = `record --archive --transaction-id … --start-fragment … --to <the leg's end> --fragments-per-second ${NO_LIMIT} --no-stereo: with both listings, at least 2 s apart, that prove the end; curl: ${figures.mediaRequests} requests, ${REQUESTS_AT_ONCE} at a time`;
      return { ...row, figures, note };
    });
  },
};
