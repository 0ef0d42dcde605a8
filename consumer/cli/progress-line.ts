import type { ProgressFacts } from "./progress.js";

const WIDEST_BAR = 30;
const NARROWEST_BAR = 8;
const GAP = 2;
const MB = 1_000_000;
/** Before that, how long the rest takes is a guess. */
const SETTLED_MS = 1_000;

/** A line of at most `width` characters; what there is no room for is left out, the least important first. */
export function progressBar(facts: ProgressFacts, width: number): string {
  const share = shareOf(facts);
  const parts = {
    label: facts.label,
    percent: share === undefined ? "" : `${String(Math.floor(share * 100)).padStart(3)}%`,
    bytes: bytesText(facts),
    audio: audioText(facts),
    speed: speedText(facts, "x real time"),
    left: leftText(facts),
  };
  const shown = new Set<string>();
  let room = width;
  for (const name of ["percent", "left", "bytes", "label", "audio", "speed"] as const) {
    const needed = parts[name].length + (shown.size > 0 ? GAP : 0);
    if (!parts[name] || needed > room) continue;
    shown.add(name);
    room -= needed;
  }
  const barWidth = Math.min(WIDEST_BAR, room - GAP);
  const texts = Object.entries(parts).map(([name, text]) => (shown.has(name) ? text : ""));
  if (share !== undefined && barWidth >= NARROWEST_BAR) texts.splice(1, 0, bar(share, barWidth));
  return texts.filter(Boolean).join(" ".repeat(GAP));
}

/** For a log. */
export function progressLine(facts: ProgressFacts): string {
  const parts = [bytesText(facts), audioText(facts), speedText(facts, " times real time"), leftText(facts)];
  return `${facts.label}: ${parts.filter(Boolean).join(", ") || "nothing yet"}`;
}

function bar(share: number, width: number): string {
  const room = width - 2;
  const done = Math.floor(share * room);
  return `[${"=".repeat(done)}${done < room ? ">" : ""}${" ".repeat(Math.max(0, room - done - 1))}]`;
}

/** From 0 to 1: a file may grow while it is read. */
function shareOf({ bytes, totalBytes, audioMs, totalAudioMs }: ProgressFacts): number | undefined {
  if (totalBytes) return Math.min(1, bytes / totalBytes);
  return totalAudioMs ? Math.min(1, audioMs / totalAudioMs) : undefined;
}

function bytesText({ bytes, totalBytes }: ProgressFacts): string {
  if (bytes === 0 && !totalBytes) return "";
  const digits = (totalBytes ?? bytes) < 100 * MB ? 1 : 0;
  const text = (bytes / MB).toFixed(digits);
  return totalBytes ? `${text} of ${(totalBytes / MB).toFixed(digits)} MB` : `${text} MB`;
}

function audioText({ audioMs }: ProgressFacts): string {
  return audioMs > 0 ? `${timeText(audioMs)} of audio` : "";
}

function speedText({ audioMs, elapsedMs }: ProgressFacts, unit: string): string {
  if (audioMs <= 0 || elapsedMs <= 0) return "";
  const times = audioMs / elapsedMs;
  return `${times.toFixed(times < 10 ? 1 : 0)}${unit}`;
}

function leftText(facts: ProgressFacts): string {
  const share = shareOf(facts);
  if (!share || facts.elapsedMs < SETTLED_MS) return "";
  return `${timeText((facts.elapsedMs * (1 - share)) / share)} left`;
}

/** `0:07`, `12:34`, `1:02:03` */
function timeText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
