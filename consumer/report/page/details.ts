import type { CallReportData, FactTable, Statement } from "../report-data.js";
import { positionText } from "../time-text.js";
import { element } from "./element.js";

/** How complete it is, in words. */
export function statements({ statements }: CallReportData): HTMLElement {
  const statement = ({ heading, level, sentences }: Statement) =>
    element(
      "article",
      { class: `statement ${level}` },
      element("h3", {}, heading),
      ...sentences.map((sentence) => element("p", {}, sentence)),
    );
  return section("How complete it is", "statements", ...statements.map(statement));
}

/** Everything that is marked in the picture, as a table. */
export function markTable({ marks, lanes }: CallReportData, seek: (ms: number) => void): HTMLElement {
  if (marks.length === 0) {
    return section(
      "Gaps and errors",
      "marks",
      element("p", { class: "quiet" }, "No gap, no error, no clock that was set."),
    );
  }
  const rows = marks.map(({ kind, lane, atMs, title, text }) => {
    const place =
      atMs === undefined
        ? element("span", { class: "quiet" }, "not known")
        : element("button", { type: "button", class: "link", onclick: () => seek(atMs) }, positionText(atMs, 3));
    return element(
      "tr",
      {},
      element("td", {}, place),
      element("td", {}, lanes[lane]?.label ?? ""),
      element("td", {}, element("b", { class: `mark ${kind}` }, title), " ", text),
    );
  });
  const head = ["At", "Leg", "What"].map((title) => element("th", { scope: "col" }, title));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
  return section("Gaps and errors", "marks", table);
}

/** All that the sidecars know. */
export function facts({ facts }: CallReportData): HTMLElement {
  const table = ({ heading, rows }: FactTable) => {
    const list = rows.map(({ name, value, isCode }) => [
      element("dt", {}, name),
      element("dd", {}, isCode ? element("code", {}, value) : value),
    ]);
    return element("details", {}, element("summary", {}, heading), element("dl", {}, ...list.flat()));
  };
  return section("Facts", "facts", ...facts.map(table));
}

function section(title: string, name: string, ...children: (Node | string)[]): HTMLElement {
  return element("section", { class: name }, element("h2", {}, title), ...children);
}
