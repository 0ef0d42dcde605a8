import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallReportData, IndexData } from "./report-data.js";

const SLOT = '<script type="application/json" id="data"></script>';

/**
 * The pages as `npm run build` makes them: in `dist/bundles`, beside the compiled `consumer`, or below the sources.
 * @throws where they were not built
 */
function templatePath(name: string): string {
  const root = join(__dirname, "..", "..");
  const found = [join(root, "bundles"), join(root, "dist", "bundles")]
    .map((folder) => join(folder, "report", `${name}.html`))
    .find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    `the page of reports is not in this package: in its repository, run npm run build; else install it again`,
  );
}

/** Writes a page that needs nothing but the audio beside it, whole or not at all. */
export async function writePage(path: string, data: CallReportData | IndexData): Promise<void> {
  const template = await readFile(templatePath(data.kind), "utf8");
  // Nothing in the data can end the element that it is in.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const page = template.replace(SLOT, () => SLOT.replace("><", () => `>${json}<`));
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, page, { flag: "wx" });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
