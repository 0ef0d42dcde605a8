import { markName } from "../events/event-mark.js";
import type { EndedEvent, StartedEvent } from "../events/streaming-event.js";
import { type LegMark, legMarkText, parseLegMark } from "./leg-mark.js";
import type { ReconcileContext } from "./reconcile-context.js";

type AnnounceContext = Pick<ReconcileContext, "access" | "marks" | "announcer" | "metrics" | "logger">;

/**
 * Announces the end of a leg, unless somebody else does at this moment: whoever changes its mark first.
 * @param known the leg's mark as it was read; without a version there is none yet, and it is made
 */
export async function announceLeg(
  context: AnnounceContext,
  ended: EndedEvent,
  known: Pick<LegMark, "sinceMs"> & Partial<LegMark> & { name?: string; version?: string },
): Promise<boolean> {
  const { access, marks, announcer, metrics, logger } = context;
  const { sinceMs, endedAtMs, event = startOf(ended) } = known;
  const announcements = (known.announcements ?? 0) + 1;
  const text = legMarkText({ event, announcements, announcedAtMs: access.clock.now(), sinceMs, endedAtMs });
  const { transactionId, stream } = ended;
  // Tags can hold what no event does, and no worker takes.
  if (!parseLegMark(text)) {
    logger.error(
      { streamName: stream.streamName },
      "the tags of a leg's media are those of no call: it is not recorded",
    );
    return false;
  }
  if (!(await marks.put("started", known.name ?? markName(event), text, known.version))) return false;
  await announcer.announce(ended);
  // Of the others an event has told, which could not be dealt with.
  if (announcements === 1 && endedAtMs === undefined) metrics.count("LegsFoundByReconciliation");
  logger.warn({ transactionId, streamArn: stream.arn, announcements }, "nobody has recorded this leg: announced");
  return true;
}

function startOf(ended: EndedEvent): StartedEvent {
  const { endTimeMs: _, currentFragmentNumber: __, ...leg } = ended;
  return { ...leg, status: "STARTED" };
}
