import type { Mark } from "../report-data.js";
import type { Player } from "./player.js";
import type { Timeline } from "./timeline.js";
import { toggle } from "./transport.js";

export const ZOOM_STEP = 2;
const STEP_MS = 5_000;
const SMALL_STEP_MS = 500;

/** Keys that work wherever the focus is, unless something there has a use for them. */
export function followKeyboard(player: Player, timeline: Timeline, marks: readonly Mark[]): void {
  const places = marks.flatMap(({ atMs }) => atMs ?? []);
  const seekMark = (found: number | undefined) => {
    if (found !== undefined) player.seek(found);
  };
  const actions: Record<string, (event: KeyboardEvent) => void> = {
    " ": () => toggle(player),
    ArrowLeft: ({ shiftKey }) => player.seek(player.positionMs - (shiftKey ? SMALL_STEP_MS : STEP_MS)),
    ArrowRight: ({ shiftKey }) => player.seek(player.positionMs + (shiftKey ? SMALL_STEP_MS : STEP_MS)),
    Home: () => player.seek(0),
    End: () => player.seek(timeline.view.durationMs),
    "+": () => timeline.zoom(1 / ZOOM_STEP),
    "=": () => timeline.zoom(1 / ZOOM_STEP),
    "-": () => timeline.zoom(ZOOM_STEP),
    "0": () => timeline.showAll(),
    n: () => seekMark(places.find((ms) => ms > player.positionMs + 1)),
    p: () => seekMark(places.findLast((ms) => ms < player.positionMs - 1)),
  };
  document.addEventListener("keydown", (event) => {
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (!action || event.ctrlKey || event.metaKey || event.altKey || hasOwnUse(event)) return;
    event.preventDefault();
    action(event);
  });
}

/** A radio button moves with arrows, a button is pressed with the space bar. */
function hasOwnUse({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("select, textarea, input")) return true;
  return key === " " && target.matches("button, a, summary");
}
