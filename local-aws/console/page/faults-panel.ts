import type { ConsoleView, EmulatorView, FaultPreset } from "../view.js";
import { control } from "./control-api.js";
import { byId, element, setText } from "./element.js";
import { format } from "./format.js";

const groups = [
  ["calls", "API calls"],
  ["media", "Media as it is read"],
  ["legs", "Legs as they stream"],
  ["events", "Events"],
] as const;

interface Row {
  preset: FaultPreset;
  toggle: HTMLElement;
  struck: HTMLElement;
  parameters: HTMLElement;
}

/** Switches for every kind of fault; those count, too, that were added through the control API. */
export class FaultsPanel {
  private rows: Row[] = [];
  private active: ConsoleView["faults"]["active"] = [];

  constructor() {
    byId("faults-clear").addEventListener("click", () => void control("DELETE", "faults"));
  }

  offer({ faultPresets }: EmulatorView): void {
    if (this.rows.length > 0) return;
    this.rows = faultPresets.map((preset) => this.row(preset));
    byId("fault-groups").append(
      ...groups.map(([group, title]) =>
        element(
          "section",
          {},
          element("h3", {}, title),
          element("ul", {}, ...this.rows.filter(({ preset }) => preset.group === group).map(itemOf)),
        ),
      ),
    );
  }

  show({ active, struckByKind }: ConsoleView["faults"]): void {
    this.active = active;
    for (const { preset, toggle, struck, parameters } of this.rows) {
      const own = active.filter(({ fault }) => fault.kind === preset.kind);
      toggle.setAttribute("aria-checked", String(own.length > 0));
      const count = struckByKind[preset.kind] ?? 0;
      setText(struck, count > 0 ? `struck ${format.count(count)}×` : "");
      setText(
        parameters,
        own
          .map(({ fault }) => parametersOf(fault))
          .filter(Boolean)
          .join("; "),
      );
    }
    const inForce = active.length === 0 ? "no faults" : `${format.counted(active.length, "fault")} on`;
    setText(byId("faults-count"), active.length === 0 ? "" : inForce);
    setText(byId("faults-jump"), inForce);
    byId("faults-jump").dataset.on = String(active.length > 0);
    byId<HTMLButtonElement>("faults-clear").disabled = active.length === 0;
  }

  private row(preset: FaultPreset): Row {
    const toggle = element("button", {
      type: "button",
      role: "switch",
      "aria-checked": "false",
      "aria-label": preset.title,
      "data-kind": preset.kind,
      click: () => void this.toggle(preset),
    });
    return {
      preset,
      toggle,
      struck: element("span", { class: "struck" }),
      parameters: element("p", { class: "parameters" }),
    };
  }

  private async toggle({ kind, parameters }: FaultPreset): Promise<void> {
    const own = this.active.filter(({ fault }) => fault.kind === kind);
    if (own.length > 0) {
      for (const { id } of own) await control("DELETE", `faults?id=${encodeURIComponent(id)}`);
      return;
    }
    const times = byId<HTMLSelectElement>("fault-times").value;
    const actions = "actions" in parameters ? { actions: [byId<HTMLSelectElement>("fault-actions").value] } : {};
    await control("POST", "faults", { kind, ...parameters, ...actions, ...(times ? { times: Number(times) } : {}) });
  }
}

function itemOf({ preset, toggle, struck, parameters }: Row): HTMLElement {
  const name = element(
    "div",
    { class: "title" },
    element("b", {}, preset.title),
    element("code", {}, preset.kind),
    struck,
  );
  return element(
    "li",
    {},
    toggle,
    element("div", {}, name, element("p", { class: "detail" }, preset.effect), parameters),
  );
}

/** What narrows a fault that is on. */
function parametersOf({ kind: _kind, ...parameters }: ConsoleView["faults"]["active"][number]["fault"]): string {
  return Object.entries(parameters)
    .filter(([name]) => name !== "document" && name !== "message")
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : value}`)
    .join(", ");
}
