import type { CallLog, RecordedCall } from "../call-log.js";
import type { RecordedEvent } from "../event-log.js";
import type { StreamingEvents } from "../events.js";
import type { Journal } from "../journal.js";
import type { PhoneExchange } from "../phone-exchange.js";
import type { Queue } from "../queue.js";
import type { World } from "../world.js";
import { PhoneCallViews } from "./phone-call-views.js";
import { connectorsView, emulatorView, faultsView, roleView, streamsView } from "./resource-views.js";
import type { ConsoleView, JournalView } from "./view.js";

/** What the console looks at. */
export interface ConsoleSources {
  world: World;
  log: CallLog;
  exchange: PhoneExchange;
  events: StreamingEvents;
  eventQueues: { events: Queue; deadLetters: Queue };
}

type StateName = Exclude<keyof ConsoleView, "emulator" | "events" | "apiCalls">;

const MAX_ENTRIES = 200;

/** Tells what there is, and what has changed since it was asked last: each as the JSON of one `ConsoleUpdate`. */
export class UpdateFeed {
  private readonly startedMs: number;
  private readonly phoneCallViews = new PhoneCallViews();
  private readonly told = new Map<string, string>();
  private readonly journals: readonly [JournalReader<RecordedEvent>, JournalReader<RecordedCall>];
  private readonly states: { [N in StateName]: () => ConsoleView[N] };

  constructor(private readonly sources: ConsoleSources) {
    const { world, exchange, eventQueues, events, log } = sources;
    this.journals = [new JournalReader("events", events.log), new JournalReader("apiCalls", log)];
    this.startedMs = world.clock.nowMs();
    this.states = {
      role: () => roleView(world),
      connectors: () => connectorsView(world),
      streams: () => streamsView(world),
      phoneCalls: () => this.phoneCallViews.of(exchange.list()),
      queue: () => {
        const { visible, inFlight } = eventQueues.events.counts();
        return { visible, inFlight, deadLetters: eventQueues.deadLetters.list().length };
      },
      faults: () => faultsView(world),
    };
  }

  everything(): string {
    const { world } = this.sources;
    return this.update([
      ["emulator", JSON.stringify(emulatorView(world, this.startedMs))],
      ...this.stateTexts(),
      ...this.journals.map((journal) => [journal.name, JSON.stringify(journal.since(0))] as const),
    ]);
  }

  /** @returns undefined where nothing has changed */
  changes(): string | undefined {
    const changed = this.stateTexts().filter(([name, text]) => this.told.get(name) !== text);
    for (const [name, text] of changed) this.told.set(name, text);
    for (const journal of this.journals) {
      if (journal.isTold) continue;
      changed.push([journal.name, JSON.stringify(journal.added())]);
    }
    return changed.length > 0 ? this.update(changed) : undefined;
  }

  /** The emulator's time, and nothing else. */
  update(parts: readonly (readonly [name: string, json: string])[] = []): string {
    const nowMs = this.sources.world.clock.nowMs();
    return `{"nowMs":${nowMs}${parts.map(([name, json]) => `,${JSON.stringify(name)}:${json}`).join("")}}`;
  }

  private stateTexts(): [name: string, json: string][] {
    return Object.entries(this.states).map(([name, state]) => [name, JSON.stringify(state())]);
  }
}

/** How far a journal was told. */
class JournalReader<T extends object> {
  private first = 0;
  private total = 0;

  constructor(
    readonly name: "events" | "apiCalls",
    private readonly journal: Journal<T>,
  ) {}

  get isTold(): boolean {
    return this.first === this.journal.first && this.total === this.journal.total;
  }

  added(): JournalView<T> {
    const view = this.since(this.total);
    this.first = this.journal.first;
    this.total = this.journal.total;
    return view;
  }

  since(from: number): JournalView<T> {
    const { number, entries } = this.journal.since(from, MAX_ENTRIES);
    return { first: this.journal.first, added: entries.map((entry, i) => ({ number: number + i, ...entry })) };
  }
}
