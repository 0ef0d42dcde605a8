import os from "node:os";
import type { ProcessCost } from "./measured-process.js";
import { isLimited, isMissing, isSustained, type LimitRow, type Row } from "./row.js";

/** What the figures were measured on. */
export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  os: string;
  memoryBytes: number;
}

export interface BenchReport {
  machine: Machine;
  /** Of the longest leg. */
  minutes: number;
  /** Of runs, for each ratio. */
  pairs: number;
  /** Whether inputs and outputs were in memory rather than on a disk. */
  inMemory: boolean;
  rows: Row[];
}

export function thisMachine(): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? "unknown",
    cores: cpus.length,
    node: process.version,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    memoryBytes: os.totalmem(),
  };
}

const HEAD = ["", "ratio", "spread", "target", "met", "ours: wall", "CPU", "memory", "peer: wall", "CPU", "memory"];

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function costCells({ wallMs, cpuMs, peakRssBytes }: ProcessCost): string[] {
  return [seconds(wallMs), seconds(cpuMs), megabytes(peakRssBytes)];
}

function limitCells({ what, value, unit, spread, target, met }: LimitRow): string[] {
  const digits = unit === "MB" ? 2 : 0;
  const range = spread?.map((each) => each.toFixed(digits)).join("–") ?? "";
  const figures = [`${value.toFixed(digits)} ${unit}`, range, `≤ ${target} ${unit}`, met ? "yes" : "NO"];
  return [what, ...figures, "", "", "", "", "", ""];
}

function cells(row: Row): string[] {
  if (isLimited(row)) return limitCells(row);
  const target = `${isSustained(row) ? "≥" : "≤"} ${row.target}`;
  if (isMissing(row)) return [row.what, "", "", target, "missing", "", "", "", "", "", ""];
  const met = row.met ? "yes" : "NO";
  if (isSustained(row)) {
    const ours = ["", `${row.coreShare.toFixed(2)} cores`, megabytes(row.peakRssBytes)];
    return [row.what, `${row.sustained}`, "", target, met, ...ours, "", "", ""];
  }
  const { what, ratio, spread, ours, peer } = row;
  const range = spread.map((value) => value.toFixed(3)).join("–");
  return [what, ratio.toFixed(3), range, target, met, ...costCells(ours), ...costCells(peer)];
}

function remarks(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => {
    const remark = isMissing(row) ? `missing: ${row.missing}` : row.note;
    return remark === undefined ? [] : [`${row.name}: ${remark}`];
  });
}

function machineLine({ machine, minutes, pairs, inMemory }: BenchReport): string {
  const { cpu, cores, node, os: system, memoryBytes } = machine;
  const place = inMemory ? "files in memory" : "files on a disk";
  return `${cpu}, ${cores} cores, ${(memoryBytes / 1e9).toFixed(0)} GB, ${system}, Node ${node}; a leg of ${minutes} min, ${place}, ${pairs} pairs of runs`;
}

/** For a terminal: columns in line. */
export function asText(report: BenchReport): string {
  const lines = [HEAD, ...report.rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const table = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  return [machineLine(report), "", ...table, "", ...remarks(report.rows), ""].join("\n");
}

/** As docs/performance.md has it. */
export function asMarkdown(report: BenchReport): string {
  const line = (of: readonly string[]) => `| ${of.join(" | ")} |`;
  const table = [line(HEAD), line(HEAD.map((_, i) => (i === 0 ? "---" : "--:"))), ...report.rows.map(cells).map(line)];
  return [`${machineLine(report)}.`, "", ...table, "", ...remarks(report.rows).map((remark) => `- ${remark}`), ""].join(
    "\n",
  );
}
