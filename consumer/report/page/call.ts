import type { CallReportData } from "../report-data.js";
import { lengthText, momentText } from "../time-text.js";
import { facts, markTable, statements } from "./details.js";
import { element } from "./element.js";
import { followKeyboard, ZOOM_STEP } from "./keyboard.js";
import { pageData } from "./page-data.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";
import { transport } from "./transport.js";

const data = pageData<CallReportData>();
document.title = data.title;

const player = new Player(data.durationMs);
const timeline = new Timeline(data, player);

function header(): HTMLElement {
  const { title, verdict, durationMs, lanes, transactionId } = data;
  const legs = lanes.map(({ label }) => label.toLowerCase()).join(" and ");
  return element(
    "header",
    {},
    element("h1", {}, title),
    element("p", { class: "quiet" }, [lengthText(durationMs), legs].filter(Boolean).join(" · ")),
    transactionId === undefined
      ? undefined
      : element("p", { class: "quiet" }, "Transaction ", element("code", {}, transactionId)),
    element(
      "p",
      { class: `verdict ${verdict.level}` },
      element("strong", {}, verdict.title),
      element("span", {}, verdict.text),
    ),
  );
}

function zoomButtons(): HTMLElement {
  const button = (label: string, text: string, onclick: () => void) =>
    element("button", { type: "button", "aria-label": label, title: label, onclick }, text);
  return element(
    "div",
    { class: "zoom", role: "group", "aria-label": "Zoom" },
    button("Zoom out", "−", () => timeline.zoom(ZOOM_STEP)),
    button("Zoom in", "+", () => timeline.zoom(1 / ZOOM_STEP)),
    button("Show the whole call", "All", () => timeline.showAll()),
  );
}

function legend(): HTMLElement {
  const kinds = new Set(data.marks.map(({ kind }) => kind));
  const names = {
    gap: "gap",
    error: "error",
    clock: "clock set",
    pause: "goes on after a pause",
    overlap: "overlap",
  };
  const shown = [...kinds].map((kind) => element("span", { class: `key ${kind}` }, names[kind]));
  const keys = "Space plays, ← → move by 5 s, with Shift by half a second, + − zoom, 0 shows all, N and P go to marks.";
  return element(
    "p",
    { class: "legend" },
    element("span", { class: "key strip" }, "fragments"),
    ...shown,
    element("span", { class: "keys" }, keys),
  );
}

document.body.append(
  element(
    "main",
    {},
    header(),
    element(
      "section",
      { class: "listen", "aria-label": "Waveforms and players" },
      element("div", { class: "toolbar" }, transport(data, player), zoomButtons()),
      timeline.node,
      legend(),
    ),
    statements(data),
    markTable(data, (ms) => player.seek(ms)),
    facts(data),
    element(
      "footer",
      { class: "quiet" },
      `Made ${momentText(data.madeTime)} by ${data.madeBy}, when the audio files were read and compared.`,
    ),
  ),
);
followKeyboard(player, timeline, data.marks);

// Paper is white, and nothing on it can be opened.
addEventListener("beforeprint", () => {
  document.documentElement.dataset.print = "";
  for (const details of document.querySelectorAll("details")) details.open = true;
  timeline.recolour();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.print;
  for (const details of document.querySelectorAll("details")) details.open = false;
  timeline.recolour();
});

timeline.draw();
document.documentElement.dataset.ready = "";
