import type { Clock } from "../clock.js";
import { markName } from "../events/event-mark.js";
import type { EndedEvent, StartedEvent } from "../events/streaming-event.js";
import type { Logger } from "../logger.js";
import { legMarkText, parseLegMark } from "../reconcile/leg-mark.js";
import type { MarkStore } from "../recordings/marks.js";
import type { RecordingStore } from "../recordings/recording-store.js";

export interface StartedMarksOptions {
  /** Undefined: nobody is told anything. */
  marks: MarkStore | undefined;
  store: RecordingStore;
  clock: Clock;
  logger: Logger;
}

/** Word of legs that nobody has recorded yet, for who looks after them. */
export class StartedMarks {
  constructor(private readonly options: StartedMarksOptions) {}

  /** The leg is missed from now on if nobody hears of its end. */
  async begun(event: StartedEvent): Promise<void> {
    const { marks } = this.options;
    const text = legMarkText({ event, announcements: 0, sinceMs: this.#sinceMs(event) });
    if (await marks?.put("started", markName(event), text)) await this.#removeIfRecorded(event);
  }

  /** The leg is read, and still heard: the time of its mark says so, to who would take it for lost. */
  async stillHeard(name: string): Promise<void> {
    const { marks, logger } = this.options;
    try {
      const found = await marks?.get("started", name);
      // Whoever has changed it meanwhile has made it as young.
      if (found) await marks?.put("started", name, found.text, found.version);
    } catch (error) {
      logger.warn({ err: error }, "word of a leg that is still heard could not be left");
    }
  }

  /**
   * The leg's end was heard, and it is not recorded yet: nobody needs to find it while its event is tried, and if that comes to
   * nothing it is tried again for as long as its media is kept.
   */
  async endHeard(event: EndedEvent): Promise<void> {
    const { marks, clock, logger } = this.options;
    const name = markName(event);
    try {
      const found = await marks?.get("started", name);
      const known = found && parseLegMark(found.text);
      if (known?.endedAtMs !== undefined) return;
      const first = { event, announcements: 0, sinceMs: this.#sinceMs(event) };
      const text = legMarkText({ ...(known ?? first), endedAtMs: clock.now() });
      // Whoever has changed it meanwhile knows as much.
      if (await marks?.put("started", name, text, found?.version)) await this.#removeIfRecorded(event);
    } catch (error) {
      logger.warn({ err: error }, "word of a leg that is not recorded yet could not be left");
    }
  }

  /** The leg is recorded, or known not to be. */
  async remove(event: StartedEvent | EndedEvent): Promise<void> {
    await this.options.marks?.remove("started", markName(event));
  }

  /** Looked for afterwards: who recorded the leg meanwhile may have removed the mark before it was there. A cut is not the leg. */
  async #removeIfRecorded(event: StartedEvent | EndedEvent): Promise<void> {
    const { sidecar, withoutAudio } = await this.options.store.find(markName(event));
    const recorded = sidecar ?? withoutAudio;
    if (recorded && recorded.range === undefined) await this.remove(event);
  }

  #sinceMs({ startTimeMs, eventTimeMs }: StartedEvent | EndedEvent): number {
    return startTimeMs ?? eventTimeMs ?? this.options.clock.now();
  }
}
