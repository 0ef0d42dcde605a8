import type { View } from "./view.js";

/** A pointer that moves less is a click. */
const CLICK_PX = 5;
/** One notch of a wheel is about 100 pixels. */
const ZOOM_PER_PX = 0.002;
const LINE_PX = 16;

/** Wheel and pinch zoom, dragging pans, a click picks a moment. */
export function followGestures(
  node: HTMLElement,
  view: View,
  { changed, picked }: { changed: () => void; picked: (ms: number) => void },
): void {
  const msAt = (clientX: number) => {
    const { left, width } = node.getBoundingClientRect();
    return view.startMs + ((clientX - left) / width) * view.spanMs;
  };
  const msPerPx = () => view.spanMs / node.clientWidth;

  node.addEventListener(
    "wheel",
    (event) => {
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
      const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      // Where there is nothing more to see, the page scrolls on.
      if (view.isWhole && (isSideways || event.deltaY > 0)) return;
      event.preventDefault();
      if (isSideways) view.pan((event.deltaX || event.deltaY) * unit * msPerPx());
      else view.zoom(Math.exp(event.deltaY * unit * ZOOM_PER_PX * (event.ctrlKey ? 4 : 1)), msAt(event.clientX));
      changed();
    },
    { passive: false },
  );

  const pointers = new Map<number, number>();
  let movedPx = 0;
  const spread = () => {
    const [one = 0, other = 0] = pointers.values();
    return Math.max(10, Math.abs(one - other));
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) movedPx = 0;
    pointers.set(event.pointerId, event.clientX);
    node.setPointerCapture(event.pointerId);
  });
  node.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const spreadBefore = spread();
    pointers.set(event.pointerId, event.clientX);
    movedPx += Math.abs(event.clientX - before);
    if (pointers.size > 1) {
      const [one = 0, other = 0] = pointers.values();
      view.zoom(spreadBefore / spread(), msAt((one + other) / 2));
    } else if (movedPx > CLICK_PX) view.pan((before - event.clientX) * msPerPx());
    changed();
  });
  const lift = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === "pointerup" && pointers.size === 0 && movedPx <= CLICK_PX) picked(msAt(event.clientX));
  };
  node.addEventListener("pointerup", lift);
  node.addEventListener("pointercancel", lift);
}
