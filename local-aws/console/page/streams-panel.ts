import type { ConsoleView, StreamView } from "../view.js";
import { byId, element, setText } from "./element.js";
import { format } from "./format.js";
import { KeyedList } from "./keyed-list.js";

/** Kinesis video streams: what they hold, and who reads. */
export class StreamsPanel {
  private readonly rows = new KeyedList<{ stream: StreamView; nowMs: number }>(
    byId("streams"),
    ({ stream }) => `${stream.region} ${stream.name}`,
    rowItem,
  );

  show({ total, shown }: ConsoleView["streams"], nowMs: number): void {
    byId("streams-table").hidden = total === 0;
    byId("streams-empty").hidden = total > 0;
    const more = total > shown.length ? `; the first ${shown.length} are shown` : "";
    setText(byId("streams-count"), total === 0 ? "" : `${format.counted(total, "stream")}${more}`);
    this.rows.show(shown.map((stream) => ({ stream, nowMs })));
  }
}

function rowItem({ stream: { name, region } }: { stream: StreamView }) {
  const [kept, fragments, newest, readBy] = [element("td"), element("td"), element("td"), element("td")];
  // As Chime names them: of which connector, then at random.
  const [, connector, id] = /^ChimeVoiceConnector-([^-]+)-(.+)$/.exec(name) ?? [];
  const short = connector && id ? `${format.short(connector)}-${format.short(id)}` : name;
  const title = element(
    "th",
    { scope: "row", title: name },
    element("span", { class: "id" }, short),
    " ",
    element("span", { class: "detail" }, region),
  );
  return {
    node: element("tr", {}, title, kept, fragments, newest, readBy),
    update({ stream, nowMs }: { stream: StreamView; nowMs: number }): void {
      setText(kept, format.retention(stream.dataRetentionInHours));
      setText(fragments, `${format.count(stream.fragments)} · ${format.bytes(stream.bytes)}`);
      setText(newest, stream.newestMs === undefined ? "–" : format.age(nowMs - stream.newestMs));
      setText(readBy, readers(stream));
      readBy.dataset.busy = String(stream.liveConnections + stream.archiveConnections > 0);
    },
  };
}

function readers({ liveConnections, archiveConnections, lastReader }: StreamView): string {
  if (!lastReader) return "nobody";
  const who = lastReader.split("/").slice(-2).join("/").replace(/^.*:/, "");
  const now = [
    liveConnections > 0 ? `${liveConnections} live` : "",
    archiveConnections > 0 ? `${archiveConnections} archive` : "",
  ].filter(Boolean);
  return `${now.join(", ") || "last"} · ${who}`;
}
