import type { Clock } from "../clock.js";
import { markText, parseMark } from "../events/event-mark.js";
import type { EndedEvent } from "../events/streaming-event.js";
import type { LegEnd, LegEndBounds } from "../kinesis-video/leg-end.js";
import { legOfEvent } from "../leg-request.js";
import { type EndWatch, watchForEnd } from "../live/end-watch.js";
import type { Logger } from "../logger.js";
import type { MarkStore } from "../recordings/marks.js";

export interface EndedMarksOptions {
  /** Undefined: nobody is told anything. */
  marks: MarkStore | undefined;
  clock: Clock;
  logger: Logger;
  /** Silence after which a leg's mark is looked for. */
  silenceMs: number;
}

/**
 * Word of a leg's end from the worker that got its ENDED event to the one that reads the leg live. A mark hastens what comes to its
 * end without it, when the silence has lasted: where one cannot be put or read, that is in the log alone.
 */
export class EndedMarks {
  constructor(private readonly options: EndedMarksOptions) {}

  async put(name: string, event: EndedEvent): Promise<void> {
    await this.#attempt((marks) => marks.put("ended", name, markText(event)));
  }

  /** The leg is over for who read it. */
  async remove(name: string): Promise<void> {
    await this.#attempt((marks) => marks.remove("ended", name));
  }

  /** Looks for the mark while the leg is silent, and tells its `end`. */
  watch(name: string, end: LegEnd): EndWatch {
    const { marks, clock, silenceMs, logger } = this.options;
    if (!marks) return { heard: () => undefined, stop: () => undefined };
    const look = async (): Promise<LegEndBounds | undefined> => {
      const mark = await marks.get("ended", name);
      const event = mark && parseMark(mark.text);
      if (event?.status !== "ENDED") return undefined;
      const { transactionId, endFragmentNumber, endTimeMs } = legOfEvent(event);
      logger.info({ transactionId, streamArn: event.stream.arn }, "another worker was told of the leg's end");
      return { fragmentNumber: endFragmentNumber, timeMs: endTimeMs };
    };
    const onTrouble = (error: unknown) => logger.warn({ err: error }, "word of a leg's end could not be looked for");
    return watchForEnd({ clock, end, silenceMs, look, onTrouble });
  }

  async #attempt(work: (marks: MarkStore) => Promise<unknown>): Promise<void> {
    const { marks, logger } = this.options;
    if (!marks) return;
    await work(marks).catch((error) => logger.warn({ err: error }, "word of a leg's end could not be left or removed"));
  }
}
