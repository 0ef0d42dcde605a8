import { recordCall } from "../../../consumer/call/call-recording.js";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";

/** Mixes one call in a process of its own, and tells what that took. Arguments: folder, transaction id. */
async function main([folder, transactionId]: string[]): Promise<void> {
  const store = directoryStore(folder!);
  const { kind } = await recordCall(transactionId!, { store });
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ kind, peakBytes }));
}

void main(process.argv.slice(2));
