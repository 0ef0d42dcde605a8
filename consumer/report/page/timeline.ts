import type { CallReportData } from "../report-data.js";
import { positionText } from "../time-text.js";
import { drawAxis } from "./axis.js";
import { readPalette } from "./canvas.js";
import { element } from "./element.js";
import { followGestures } from "./gestures.js";
import { drawLane, drawnLane } from "./lane-drawing.js";
import { drawOverview } from "./overview.js";
import type { Player } from "./player.js";
import { View } from "./view.js";

/** Buckets that make a picture; closer there is nothing to see. */
const LEAST_BUCKETS = 50;
/** However faint a call is, noise is not to look like speech. */
const MOST_GAIN = 8;

/** Both legs on one axis, with one cursor. */
export class Timeline {
  readonly node: HTMLElement;
  readonly view: View;
  readonly #axis = element("canvas", { class: "axis", "aria-hidden": "true" });
  readonly #overview = element("canvas", { class: "overview", "aria-hidden": "true" });
  readonly #tracks = element("div", { class: "tracks" });
  readonly #cursor: HTMLElement;
  readonly #lanes: { canvas: HTMLCanvasElement; drawn: ReturnType<typeof drawnLane> }[];
  readonly #gain: number;
  #palette = readPalette();
  #isDrawingDue = false;

  constructor(
    private readonly data: CallReportData,
    private readonly player: Player,
  ) {
    const { durationMs, lanes, marks } = data;
    this.#lanes = lanes.map((lane, i) => ({
      canvas: element("canvas", { class: "wave", role: "img", "aria-label": lane.description }),
      drawn: drawnLane(lane, i, marks),
    }));
    const peaks = this.#lanes.flatMap(({ drawn }) => drawn.recordings.flatMap((recording) => recording.peaks ?? []));
    const loudest = Math.max(0, ...peaks.map((each) => each.loudest));
    this.#gain = loudest > 0 ? Math.min(MOST_GAIN, 0.95 / loudest) : 1;
    this.view = new View(durationMs, Math.max(20, ...peaks.map(({ bucketMs }) => bucketMs * LEAST_BUCKETS)));
    this.#cursor = element("div", {
      class: "cursor",
      role: "slider",
      tabindex: "0",
      "aria-label": "Position in the call",
      "aria-valuemin": "0",
      "aria-valuemax": (durationMs / 1000).toFixed(1),
    });
    this.#tracks.append(
      this.#axis,
      ...lanes.flatMap(({ label, note }, i) => [
        element(
          "div",
          { class: `lane-head wave-${i % 2}` },
          element("h3", {}, label),
          element("span", { class: "lane-note" }, note),
        ),
        this.#lanes[i]!.canvas,
      ]),
      this.#cursor,
    );
    this.node = element("div", { class: "timeline" }, this.#tracks, this.#overview);
    this.#follow();
  }

  /** Draws at the next frame, once, however often it is asked. */
  invalidate(): void {
    if (this.#isDrawingDue) return;
    this.#isDrawingDue = true;
    requestAnimationFrame(() => this.draw());
  }

  /** Draws at once, in the colours of the moment. */
  draw(): void {
    this.#isDrawingDue = false;
    drawAxis(this.#axis, this.view, this.#palette);
    for (const { canvas, drawn } of this.#lanes) drawLane(canvas, drawn, this.view, this.#gain, this.#palette);
    const lanes = this.#lanes.map(({ drawn }) => drawn);
    drawOverview(this.#overview, lanes, this.view, this.#gain, this.#palette);
    this.#placeCursor();
  }

  recolour(): void {
    this.#palette = readPalette();
    this.draw();
  }

  /** In or out, around the cursor where it is on the screen. */
  zoom(factor: number): void {
    const { startMs, endMs } = this.view;
    const { positionMs } = this.player;
    const isSeen = positionMs >= startMs && positionMs <= endMs;
    this.view.zoom(factor, isSeen ? positionMs : (startMs + endMs) / 2);
    this.invalidate();
  }

  showAll(): void {
    this.view.show(0, this.view.durationMs);
    this.invalidate();
  }

  #follow(): void {
    new ResizeObserver(() => this.draw()).observe(this.#tracks);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    this.player.addEventListener("change", () => {
      if (this.view.follow(this.player.positionMs)) this.invalidate();
      this.#placeCursor();
    });
    const changed = () => this.invalidate();
    followGestures(this.#tracks, this.view, { changed, picked: (ms) => this.player.seek(ms) });
    const centre = (event: PointerEvent) => {
      const { left, width } = this.#overview.getBoundingClientRect();
      const ms = ((event.clientX - left) / width) * this.view.durationMs;
      if (this.view.isWhole) this.player.seek(ms);
      else this.view.show(ms - this.view.spanMs / 2, this.view.spanMs);
      changed();
    };
    this.#overview.addEventListener("pointerdown", (event) => {
      this.#overview.setPointerCapture(event.pointerId);
      centre(event);
    });
    this.#overview.addEventListener("pointermove", (event) => {
      if (this.#overview.hasPointerCapture(event.pointerId)) centre(event);
    });
  }

  #placeCursor(): void {
    const { startMs, spanMs } = this.view;
    const { positionMs } = this.player;
    const share = spanMs > 0 ? (positionMs - startMs) / spanMs : 0;
    this.#cursor.hidden = share < 0 || share > 1;
    this.#cursor.style.transform = `translateX(${share * this.#axis.clientWidth}px)`;
    this.#cursor.setAttribute("aria-valuenow", (positionMs / 1000).toFixed(1));
    const text = `${positionText(positionMs, 1)} of ${positionText(this.data.durationMs, 1)}`;
    this.#cursor.setAttribute("aria-valuetext", text);
  }
}
