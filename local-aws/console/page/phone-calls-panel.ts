import type { ConsoleView, PhoneCallView } from "../view.js";
import { control } from "./control-api.js";
import { byId, element, setText } from "./element.js";
import { format } from "./format.js";
import { KeyedList } from "./keyed-list.js";
import { LegPicture } from "./leg-picture.js";

/** Calls in progress with the waveforms of their legs as they are spoken, and the latest that are over. */
export class PhoneCallsPanel {
  private readonly moving = new Set<LegPicture>();
  private isMoving = false;
  private readonly calls = new KeyedList<PhoneCallView>(
    byId("calls"),
    ({ transactionId }) => transactionId,
    (call) => this.item(call),
  );

  constructor() {
    const redraw = () => this.calls.show(this.shown);
    window.addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  private shown: PhoneCallView[] = [];

  show({ total, shown }: ConsoleView["phoneCalls"]): void {
    this.shown = shown;
    this.moving.clear();
    this.calls.show(shown);
    byId("calls-empty").hidden = shown.length > 0;
    setText(
      byId("calls-count"),
      shown.length === 0 ? "" : total === 0 ? "all over" : `${format.count(total)} in progress`,
    );
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.moving.size > 0 && !this.isMoving && !isStill) this.move();
  }

  /** Stands still: nothing is told any more. */
  rest(): void {
    this.moving.clear();
  }

  /** Draws as often as the screen does, for as long as a call is in progress. */
  private move(): void {
    this.isMoving = this.moving.size > 0;
    for (const picture of this.moving) picture.draw();
    if (this.isMoving) requestAnimationFrame(() => this.move());
  }

  private item({ transactionId, voiceConnectorId }: PhoneCallView) {
    const state = element("span", { class: "pill" });
    const clock = element("span", { class: "clock" });
    const hangUp = element(
      "button",
      { type: "button", class: "quiet", click: () => void control("DELETE", `call/${transactionId}`) },
      "Hang up",
    );
    const failures = element("div");
    const pictures = new Map([
      ["caller", new LegPicture()],
      ["callee", new LegPicture()],
    ]);
    const legs = new Map(
      [...pictures].map(([side, { node }]) => [
        side,
        element("div", { class: "leg" }, element("span", { class: "side", "data-side": side }, side), node),
      ]),
    );
    const node = element(
      "article",
      { class: "call", "aria-label": `Call ${format.short(transactionId)}` },
      element(
        "div",
        { class: "title" },
        state,
        element("span", { class: "id", title: `transaction ${transactionId}` }, format.short(transactionId)),
        element("span", { class: "detail" }, `through ${format.short(voiceConnectorId)}`),
        clock,
        hangUp,
      ),
      ...legs.values(),
      failures,
    );
    return {
      node,
      update: (call: PhoneCallView): void => {
        const isMoving = !call.isOver;
        setText(state, isMoving ? "on the line" : "over");
        state.dataset.state = isMoving ? "on" : "off";
        setText(
          clock,
          `${format.duration(call.ageMs)}${call.speed === 1 || call.isOver ? "" : ` at ×${call.speed ?? "max"}`}`,
        );
        hangUp.hidden = call.isOver;
        for (const [side, picture] of pictures) {
          const leg = call.legs.find((candidate) => candidate.side === side);
          legs.get(side)!.hidden = !leg;
          // A picture can only be drawn in a place that has a size.
          if (leg) requestAnimationFrame(() => picture.show(call, leg));
          if (leg && isMoving) this.moving.add(picture);
        }
        failures.replaceChildren(
          ...call.failures.map(({ side, reason }) =>
            element("p", { class: "detail warn" }, `The ${side}’s leg failed: ${reason}`),
          ),
        );
      },
    };
  }
}
