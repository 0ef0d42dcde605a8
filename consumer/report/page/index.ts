import type { IndexData, IndexRow } from "../report-data.js";
import { lengthText, momentText } from "../time-text.js";
import { element } from "./element.js";
import { pageData } from "./page-data.js";

const data = pageData<IndexData>();
document.title = data.title;

function row({ url, startTime, durationMs, connector, legs, verdict, transactionId }: IndexRow): HTMLElement {
  const when = startTime === undefined ? "Time not known" : momentText(startTime);
  return element(
    "tr",
    {},
    element("td", {}, element("a", { href: url }, when), element("code", { class: "quiet" }, transactionId ?? "")),
    element("td", {}, lengthText(durationMs)),
    element("td", {}, element("code", {}, connector ?? "")),
    element("td", {}, legs),
    element("td", {}, element("b", { class: `state ${verdict.level}`, title: verdict.text }, verdict.title)),
  );
}

function summary(): string {
  const { calls } = data;
  const good = calls.filter(({ verdict }) => verdict.level === "good").length;
  const total = calls.length === 1 ? "1 call" : `${calls.length} calls`;
  const totalMs = calls.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const state = good === calls.length ? "all complete and verified" : `${good} complete and verified`;
  return `${total}, ${lengthText(totalMs)}: ${state}.`;
}

const head = ["Call", "Length", "Voice Connector", "Legs", "How complete"].map((title) =>
  element("th", { scope: "col" }, title),
);
const damaged =
  data.damaged.length === 0
    ? undefined
    : element(
        "section",
        {},
        element("h2", {}, "Sidecars that cannot be read"),
        element("ul", {}, ...data.damaged.map((file) => element("li", {}, element("code", {}, file)))),
      );

document.body.append(
  element(
    "main",
    {},
    element("header", {}, element("h1", {}, data.title), element("p", { class: "quiet" }, summary())),
    element(
      "table",
      { class: "calls" },
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...data.calls.map(row)),
    ),
    damaged,
    element("footer", { class: "quiet" }, `Made ${momentText(data.madeTime)} by ${data.madeBy}.`),
  ),
);
document.documentElement.dataset.ready = "";
