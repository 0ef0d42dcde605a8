import { once } from "node:events";

/** Writes a piece of a large output, no faster than its reader takes it. */
export async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
