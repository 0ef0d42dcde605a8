import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { markFolder, markNameIn } from "../recordings/mark-path.js";
import { type OutputLocation, parseOutputLocation } from "../recordings/output-location.js";
import type { RecordingsFacts } from "./diagnosis.js";
import type { Examination } from "./examination.js";

/** Of a thousand objects each. S3 lists by name, not by time. */
const MOST_PAGES = 5;
/** A mark of a leg that is still heard is written anew every hour, and one whose end was heard is due within two. */
const OVERDUE_MS = 4 * 3_600_000;

interface Listed {
  objects: { name: string; modifiedMs: number }[];
  isCutShort: boolean;
}

/** Recordings, and what is known of legs that are not recorded yet. */
export async function lookAtRecordings(
  exam: Examination,
  region: string,
  location: string,
): Promise<RecordingsFacts | undefined> {
  const place = placeOf(location);
  if (place?.kind !== "s3") return undefined;
  const client = exam.clients.s3(region);
  const folder = place.prefix ? `${place.prefix}/` : "";
  const marks = await listFolder(
    exam,
    client,
    { region, location },
    place.bucket,
    `${folder}${markFolder("started")}/`,
  );
  if (!marks) return undefined;
  const kept = await listFolder(exam, client, { region, location }, place.bucket, folder);
  if (!kept) return undefined;

  const sidecars = kept.objects.filter(({ name }) => name.endsWith(".json"));
  const legs = marks.objects.filter(({ name }) => markNameIn(name) !== undefined);
  const overdue = legs.filter(({ modifiedMs }) => modifiedMs < exam.nowMs - OVERDUE_MS);
  exam.findings.add("DOCTOR_RECORDINGS", location, "the bucket is there");
  if (overdue.length > 0) {
    const what = `${overdue.length} legs were last heard of more than four hours ago, and are not recorded`;
    const next =
      "look at the dead-letter queue and the logs; reconciliation announces them again while their media is kept";
    exam.findings.add("DOCTOR_LEGS_UNRECORDED", location, what, next);
  }
  return {
    location,
    sidecars: sidecars.length,
    ...times("newestAt", sidecars, Math.max),
    unrecordedLegs: legs.length,
    ...times("newestMarkAt", legs, Math.max),
    ...times("oldestMarkAt", legs, Math.min),
    isCutShort: marks.isCutShort || kept.isCutShort,
  };
}

/** @returns undefined for what somebody else has written into a tag */
function placeOf(location: string): OutputLocation | undefined {
  try {
    return parseOutputLocation(location);
  } catch {
    return undefined;
  }
}

function times<Name extends string>(name: Name, objects: Listed["objects"], pick: (...ms: number[]) => number) {
  const ms = pick(...objects.map(({ modifiedMs }) => modifiedMs));
  return Number.isFinite(ms) ? ({ [name]: new Date(ms).toISOString() } as Record<Name, string>) : {};
}

async function listFolder(
  { asking, findings }: Examination,
  client: S3Client,
  { region, location }: { region: string; location: string },
  Bucket: string,
  Prefix: string,
): Promise<Listed | undefined> {
  const objects: Listed["objects"] = [];
  let ContinuationToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const question = { action: "s3:ListBucket", region, input: { Bucket } };
    const command = new ListObjectsV2Command({ Bucket, Prefix, Delimiter: "/", ContinuationToken });
    const answer = await asking.ask(question, (abortSignal) => client.send(command, { abortSignal }));
    if (!answer.ok) {
      if (answer.error.kind !== "notFound") asking.report(question, answer.error);
      else findings.add("DOCTOR_RECORDINGS_MISSING", location, "there is no such bucket", "pulumi up --refresh");
      return undefined;
    }
    for (const { Key = "", LastModified } of answer.value.Contents ?? []) {
      objects.push({ name: Key.slice(Prefix.length), modifiedMs: LastModified?.getTime() ?? 0 });
    }
    ContinuationToken = answer.value.NextContinuationToken;
    if (!ContinuationToken) return { objects, isCutShort: false };
  }
  return { objects, isCutShort: true };
}
