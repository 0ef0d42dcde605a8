import type { ConnectorView, ConsoleView, EmulatorView } from "../view.js";
import { control } from "./control-api.js";
import { byId, element, setText } from "./element.js";
import { format } from "./format.js";
import { KeyedList } from "./keyed-list.js";
import { tagList } from "./tags.js";

/** Voice Connectors by region, with what of them streams; one can be made, and a call played through each that streams. */
export class ConnectorsPanel {
  private readonly regions = new KeyedList<[string, ConnectorView[]]>(
    byId("connectors"),
    ([region]) => region,
    regionItem,
  );

  constructor() {
    byId("create").addEventListener("submit", (event) => {
      event.preventDefault();
      const region = byId<HTMLSelectElement>("create-region").value;
      void control("POST", "voice-connectors", { region, name: byId<HTMLInputElement>("create-name").value });
    });
  }

  offerRegions({ regions }: EmulatorView): void {
    const select = byId<HTMLSelectElement>("create-region");
    if (select.options.length > 0) return;
    select.append(...regions.map((region) => element("option", {}, region)));
  }

  show({ total, streaming, shown }: ConsoleView["connectors"]): void {
    const more = total > shown.length ? `; the first ${shown.length} are shown` : "";
    setText(
      byId("connectors-count"),
      total === 0 ? "" : `${format.count(streaming)} of ${format.count(total)} streaming${more}`,
    );
    byId("connectors-empty").hidden = total > 0;
    const regions = new Map<string, ConnectorView[]>();
    for (const connector of shown) regions.set(connector.region, [...(regions.get(connector.region) ?? []), connector]);
    this.regions.show([...regions]);
  }
}

function regionItem([region]: [string, ConnectorView[]]) {
  const list = element("ul", { class: "list" });
  const connectors = new KeyedList<ConnectorView>(list, ({ id }) => id, connectorItem);
  return {
    node: element("section", {}, element("h3", {}, region), list),
    update: ([, shown]: [string, ConnectorView[]]) => connectors.show(shown),
  };
}

function connectorItem({ id, region }: ConnectorView) {
  const name = element("span", { class: "name" });
  const pill = element("span", { class: "pill" });
  const detail = element("p", { class: "detail" });
  const tags = element("div");
  const play = element(
    "button",
    {
      type: "button",
      class: "quiet",
      click: () => void control("POST", "sample-call", { voiceConnectorId: id, region }),
    },
    "Play a call",
  );
  const node = element(
    "li",
    { class: "connector" },
    element("div", { class: "title" }, name, pill),
    element("p", { class: "id" }, id),
    element("div", { class: "title" }, detail, play),
    tags,
  );
  let shown = "";
  return {
    node,
    update(connector: ConnectorView): void {
      const text = JSON.stringify(connector);
      if (text === shown) return;
      shown = text;
      setText(name, connector.name);
      setText(pill, connector.state === "on" ? "streaming" : connector.state);
      pill.dataset.state = connector.state;
      node.dataset.state = connector.state;
      setText(detail, statement(connector));
      play.hidden = connector.state !== "on";
      play.setAttribute("aria-label", `Play a call through ${connector.name} in ${region}`);
      tags.replaceChildren(...(Object.keys(connector.tags).length > 0 ? [tagList(connector.tags)] : []));
    },
  };
}

function statement({ state, dataRetentionInHours = 0, targets = [], mediaInsights }: ConnectorView): string {
  if (state === "off") return "No streaming configuration.";
  return [
    dataRetentionInHours === 0 ? "Audio is not kept" : `Kept ${format.retention(dataRetentionInHours)}`,
    ...(targets.length > 0 ? [`tells ${targets.join(", ")}`] : []),
    ...(mediaInsights ? ["media insights"] : []),
  ].join(" · ");
}
