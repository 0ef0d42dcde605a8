import type { RecordedEvent } from "../../event-log.js";
import type { ConsoleView, JournalView } from "../view.js";
import { byId, element, setText } from "./element.js";
import { format } from "./format.js";
import { JournalList } from "./journal-list.js";

/** Streaming events as they were delivered, or lost, and what of them waits in the queue. */
export class EventsPanel {
  private readonly list = new JournalList<RecordedEvent>({ list: "events", empty: "events-empty", row: rowOf });

  show(events: JournalView<RecordedEvent>): void {
    this.list.show(events);
  }

  clear(): void {
    this.list.clear();
  }

  showQueue({ visible, inFlight, deadLetters }: ConsoleView["queue"]): void {
    const parts = [`${format.count(visible)} in the queue`];
    if (inFlight > 0) parts.push(`${format.count(inFlight)} in flight`);
    if (deadLetters > 0) parts.push(format.counted(deadLetters, "dead letter"));
    setText(byId("queue"), parts.join(", "));
  }
}

function rowOf({
  at,
  streamingStatus,
  leg,
  transactionId,
  region,
  voiceConnectorId,
  isLost,
}: RecordedEvent): HTMLElement {
  return element(
    "li",
    {
      title: `${region}  Voice Connector ${voiceConnectorId}\ntransaction ${transactionId}`,
      "data-lost": String(isLost),
    },
    element("time", { datetime: at }, format.time(at)),
    element("span", { class: "status", "data-status": streamingStatus }, streamingStatus),
    element("span", { class: "side", "data-side": leg }, leg),
    element("span", { class: "id" }, format.short(transactionId)),
    element("span", { class: "detail" }, isLost ? "lost by a fault" : region),
  );
}
