import type { RecordedCall } from "../../call-log.js";
import type { JournalView } from "../view.js";
import { byId, element } from "./element.js";
import { format } from "./format.js";
import { JournalList } from "./journal-list.js";

/** API calls that local-aws received, newest first, with a filter: every word of it has to be somewhere in the call. */
export class ApiCallsPanel {
  private words: string[] = [];
  private failedOnly = false;
  private readonly list = new JournalList<RecordedCall>({
    list: "api-calls",
    count: "api-count",
    empty: "api-empty",
    row: rowOf,
    passes: (call) => this.passes(call),
  });

  constructor() {
    const filter = byId<HTMLInputElement>("api-filter");
    const failed = byId<HTMLInputElement>("api-failed");
    const change = () => {
      this.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      this.failedOnly = failed.checked;
      this.list.filter();
    };
    filter.addEventListener("input", change);
    failed.addEventListener("change", change);
  }

  show(calls: JournalView<RecordedCall>): void {
    this.list.show(calls);
  }

  clear(): void {
    this.list.clear();
  }

  private passes(call: RecordedCall): boolean {
    if (this.failedOnly && isFine(call)) return false;
    const text =
      `${call.action} ${call.status || "broken off"} ${call.region} ${call.resource} ${call.accessKeyId}`.toLowerCase();
    return this.words.every((word) => text.includes(word));
  }
}

function isFine({ status }: RecordedCall): boolean {
  return status >= 200 && status < 400;
}

function rowOf(call: RecordedCall): HTMLElement {
  const [service = "", action = ""] = call.action.split(":");
  // 0: the connection was broken off instead of an answer.
  const status = call.status === 0 ? "cut" : String(call.status);
  const kind = /^(Get|List|Describe|Head|Receive)/.test(action) ? "read" : "write";
  const place =
    call.resource === "*"
      ? call.region
      : `${call.region} · ${call.resource.split(":").slice(5).join(":") || call.resource}`;
  return element(
    "li",
    { title: `${call.region}  ${call.resource}\n${call.accessKeyId}`, "data-kind": kind },
    element("span", { class: "action" }, action),
    element("span", { class: "status", "data-ok": String(isFine(call)) }, status),
    element(
      "span",
      { class: "detail" },
      element("time", { datetime: call.at }, format.time(call.at)),
      ` · ${service} · ${place}`,
    ),
  );
}
