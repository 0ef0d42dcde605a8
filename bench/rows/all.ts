import type { RowPlan } from "../row-plan.js";
import { archiveRow } from "./archive.js";
import { bundleRow } from "./bundle.js";
import { chunksRow } from "./chunks.js";
import { coldImportRow } from "./cold-import.js";
import { ebmlStreamRow } from "./ebml-stream.js";
import { extractRow } from "./extract.js";
import { ffmpegRow } from "./ffmpeg.js";
import { fleetRow } from "./fleet.js";
import { javaParserRow } from "./java-parser.js";
import { liveLegsRow } from "./live-legs.js";
import { memoryRow } from "./memory.js";

/** All rows, in the order in which they are measured and printed. */
export const allRows: readonly RowPlan[] = [
  extractRow,
  ffmpegRow,
  ebmlStreamRow,
  javaParserRow,
  memoryRow,
  chunksRow,
  liveLegsRow,
  archiveRow,
  bundleRow,
  coldImportRow,
  fleetRow,
];
