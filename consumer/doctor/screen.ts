import { styleText } from "node:util";
import { serviceLinkedRoleName } from "../../aws/voice-connector.js";
import type { ConnectorFacts, ConsumerFacts, Diagnosis, RecordingsFacts } from "./diagnosis.js";
import type { Level } from "./finding-codes.js";
import type { Finding } from "./findings.js";
import { textTable } from "./text-table.js";

export interface ScreenOptions {
  /** Characters in a line. */
  width: number;
  colour: boolean;
}

const MOST_PLACES = 5;
const MOST_NAME = 24;
const LABEL = 9;
const marks: Record<Level, string> = { ok: "ok", warning: "!", problem: "x" };
const colours = { ok: "green", warning: "yellow", problem: "red" } as const;

/** What people see of a diagnosis: what there is, then what is wrong with it, then how it stands. */
export function screenOf(diagnosis: Diagnosis, { width, colour }: ScreenOptions): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const blocks = [facts(diagnosis), connectorTable(diagnosis, width), consumerTable(diagnosis, width)];
  const findings = diagnosis.findings
    .filter(({ level }) => level !== "ok")
    .map((finding) => {
      const [head = "", ...rest] = findingLines(finding, width);
      return [head.replace(/^\S+/, (level) => paint(["bold", colours[finding.level]], level)), ...rest];
    });
  const level: Level = diagnosis.problems ? "problem" : diagnosis.warnings ? "warning" : "ok";
  const lines = [...blocks, ...findings, [paint(["bold", colours[level]], summary(diagnosis))]];
  return `${lines
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

/** Names are anybody's: what would move the cursor, or turn the text around, is not written. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
}

function labelled(label: string, text: string): string {
  return `${label.padEnd(LABEL)} ${plain(text)}`;
}

function facts({ account, role, regions, connectors, recordings, at }: Diagnosis): string[] {
  const nowMs = Date.parse(at);
  const lines: string[] = [];
  if (account) {
    const expiry = account.expiresAt ? `, until ${account.expiresAt}` : "";
    lines.push(labelled("account", `${account.accountId}  ${account.arn}  (${account.source}${expiry})`));
  }
  const used = role.lastUsedAt ? `, last used ${age(role.lastUsedAt, nowMs)}` : "";
  const claims = role.claimedBy.length ? `, claimed by ${listed(role.claimedBy)}` : "";
  if (role.state === "there") lines.push(labelled("role", `${serviceLinkedRoleName} is there${used}${claims}`));
  if (role.state === "missing") lines.push(labelled("role", `${serviceLinkedRoleName} is not there`));
  if (regions.length > 0) {
    const seen = regions.filter(({ state }) => state === "looked at" || state === "partly").length;
    const off = regions.filter(({ state }) => state === "not enabled").map(({ region }) => region);
    const unseen = regions.filter(({ state }) => state === "not looked at").map(({ region }) => region);
    const count = connectors.length === 1 ? "1 Voice Connector" : `${connectors.length} Voice Connectors`;
    const notEnabled = off.length ? `; not enabled: ${off.join(", ")}` : "";
    const notSeen = unseen.length ? `; not seen: ${unseen.join(", ")}` : "";
    lines.push(labelled("regions", `${seen} of ${regions.length} looked at, ${count}${notEnabled}${notSeen}`));
  }
  for (const each of recordings) lines.push(labelled("recorded", recordingsText(each, nowMs)));
  return lines;
}

function recordingsText(recordings: RecordingsFacts, nowMs: number): string {
  const { location, sidecars, newestAt, unrecordedLegs, newestMarkAt, oldestMarkAt, isCutShort } = recordings;
  const parts = [location];
  parts.push(newestAt ? `newest ${age(newestAt, nowMs)} of ${sidecars}` : "no recordings yet");
  if (unrecordedLegs && newestMarkAt && oldestMarkAt) {
    const legs = unrecordedLegs === 1 ? "1 leg" : `${unrecordedLegs} legs`;
    const [oldest, newest] = [age(oldestMarkAt, nowMs), age(newestMarkAt, nowMs)];
    parts.push(`${legs} not recorded yet, heard of ${oldest === newest ? newest : `${oldest} to ${newest}`}`);
  }
  if (isCutShort) parts.push("of the objects that were listed; there are more");
  return parts.join(", ");
}

function connectorTable({ connectors, findings, at }: Diagnosis, width: number): string[] {
  if (connectors.length === 0) return [];
  const columns = [
    { title: "", dispensable: 0 },
    { title: "region", dispensable: 0 },
    { title: "connector", dispensable: 0 },
    { title: "name", dispensable: 4 },
    { title: "streaming", dispensable: 0 },
    { title: "keeps", dispensable: 1 },
    { title: "events to", dispensable: 2 },
    { title: "insights", dispensable: 6 },
    { title: "streams", dispensable: 3 },
    { title: "last media", dispensable: 0 },
    { title: "stack", dispensable: 5 },
  ];
  const rows = connectors.map((connector) => {
    const level = worst(findings, `${connector.region}/${connector.voiceConnectorId}`);
    return [marks[level], ...connectorCells(connector, Date.parse(at)).map(plain)];
  });
  return textTable(columns, rows, width);
}

function connectorCells(connector: ConnectorFacts, nowMs: number): string[] {
  const { region, voiceConnectorId, name, streaming, dataRetentionInHours, notificationTargets, streams } = connector;
  const { mediaInsights: insights, owner } = connector;
  return [
    region,
    voiceConnectorId,
    name.length > MOST_NAME ? `${name.slice(0, MOST_NAME - 1)}…` : name,
    streaming,
    dataRetentionInHours === undefined ? "" : `${dataRetentionInHours} h`,
    notificationTargets && (notificationTargets.join(", ") || "none"),
    insights ? (insights.disabled ? "off" : "on") : "",
    streams ? String(streams.count) : "",
    lastMedia(connector, nowMs),
    owner?.stack,
  ].map((cell) => cell ?? "");
}

function lastMedia({ streaming, streams }: ConnectorFacts, nowMs: number): string {
  if (streaming !== "on" || !streams) return "";
  const { asked, count, newestFragmentAt } = streams;
  const some = asked < count ? ` (${asked} of ${count} asked)` : "";
  if (newestFragmentAt) return `${age(newestFragmentAt, nowMs)}${some}`;
  return asked > 0 ? `none${some}` : "";
}

function consumerTable({ consumers, findings }: Diagnosis, width: number): string[] {
  if (consumers.length === 0) return [];
  const columns = [
    { title: "", dispensable: 0 },
    { title: "region", dispensable: 0 },
    { title: "consumer", dispensable: 0 },
    { title: "mode", dispensable: 2 },
    { title: "release", dispensable: 1 },
    { title: "waiting", dispensable: 0 },
    { title: "in work", dispensable: 0 },
    { title: "delayed", dispensable: 3 },
    { title: "dead letters", dispensable: 0 },
  ];
  const rows = consumers.map((consumer) => [
    marks[worst(findings, consumer.queueUrl)],
    ...consumerCells(consumer).map(plain),
  ]);
  return textTable(columns, rows, width);
}

function consumerCells(consumer: ConsumerFacts): string[] {
  const { region, queueUrl, name, mode, version, messages, deadLetters } = consumer;
  const counts = messages ? [messages.waiting, messages.inFlight, messages.delayed] : ["", "", ""];
  const cells = [region, name ?? queueUrl.split("/").at(-1), mode, version, ...counts, deadLetters];
  return cells.map((cell) => String(cell ?? ""));
}

function worst(findings: readonly Finding[], place: string): Level {
  // The worst come first.
  return findings.find(({ where }) => where.includes(place))?.level ?? "ok";
}

function findingLines({ level, code, what, where, why, next }: Finding, width: number): string[] {
  const places = where.length > 0 ? [`  where  ${plain(listed(where))}`] : [];
  const steps = next === undefined ? [] : wrapped("  do     ", plain(next), width);
  return [
    `${level}  ${code}`,
    ...wrapped("  what   ", plain(what), width),
    ...places,
    ...wrapped("  why    ", why, width),
    ...steps,
  ];
}

/** Lines are broken between words alone: a command or a statement can be copied. */
function wrapped(label: string, text: string, width: number): string[] {
  const room = Math.max(20, width - label.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  lines.push(line);
  return lines.map((each, i) => `${i === 0 ? label : " ".repeat(label.length)}${each}`);
}

function listed(items: readonly string[]): string {
  const more = items.length - MOST_PLACES;
  return items.slice(0, MOST_PLACES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function age(iso: string, nowMs: number): string {
  const minutes = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}

function summary({ problems, warnings, connectors, isRefused }: Diagnosis): string {
  if (isRefused) return "AWS answered nothing: see above.";
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  if (problems) return `${count(problems, "problem")}, ${count(warnings, "warning")}.`;
  if (warnings) return `No problem, ${count(warnings, "warning")}.`;
  const streaming = connectors.filter((connector) => connector.streaming === "on").length;
  return `Nothing is wrong: ${count(streaming, "Voice Connector")} stream${streaming === 1 ? "s" : ""}, and events are taken.`;
}
