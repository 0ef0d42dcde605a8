import type { ConsoleUpdate, EmulatorView } from "../view.js";
import { ApiCallsPanel } from "./api-calls-panel.js";
import { Connection, type ConnectionState } from "./connection.js";
import { ConnectorsPanel } from "./connectors-panel.js";
import { byId, setText } from "./element.js";
import { EventsPanel } from "./events-panel.js";
import { FaultsPanel } from "./faults-panel.js";
import { PhoneCallsPanel } from "./phone-calls-panel.js";
import { showRole } from "./role-panel.js";
import { StreamsPanel } from "./streams-panel.js";

const connectors = new ConnectorsPanel();
const phoneCalls = new PhoneCallsPanel();
const streams = new StreamsPanel();
const events = new EventsPanel();
const apiCalls = new ApiCallsPanel();
const faults = new FaultsPanel();
/** The latest of what is told along with how long ago it was. */
let aging: Pick<ConsoleUpdate, "role" | "streams"> = {};
let startedMs: number | undefined;

function show(update: ConsoleUpdate): void {
  const { nowMs } = update;
  if (update.emulator) meet(update.emulator);
  aging = { ...aging, ...(update.role && { role: update.role }), ...(update.streams && { streams: update.streams }) };
  if (aging.role) showRole(aging.role, nowMs);
  if (update.connectors) connectors.show(update.connectors);
  if (aging.streams) streams.show(aging.streams, nowMs);
  if (update.phoneCalls) phoneCalls.show(update.phoneCalls);
  if (update.queue) events.showQueue(update.queue);
  if (update.faults) faults.show(update.faults);
  if (update.events) events.show(update.events);
  if (update.apiCalls) apiCalls.show(update.apiCalls);
}

function meet(emulator: EmulatorView): void {
  setText(byId("where"), `${new URL(emulator.endpoint).host} · account ${emulator.accountId}`);
  connectors.offerRegions(emulator);
  faults.offer(emulator);
  // Another process at the same address counts from 0 again.
  if (startedMs !== undefined && startedMs !== emulator.startedMs) {
    events.clear();
    apiCalls.clear();
  }
  startedMs = emulator.startedMs;
}

function showState(state: ConnectionState): void {
  const connection = byId("connection");
  setText(connection, state);
  connection.dataset.state = state;
  document.body.dataset.state = state;
  if (state === "gone") phoneCalls.rest();
  const gone = byId("gone");
  gone.hidden = state !== "gone";
  setText(
    gone,
    state === "gone"
      ? "local-aws is gone. What you see is the last that it told; the page goes on when it is back."
      : "",
  );
}

new Connection(show, showState);
