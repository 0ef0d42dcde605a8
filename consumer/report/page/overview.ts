import { type Palette, prepare } from "./canvas.js";
import { type DrawnLane, drawWaves } from "./lane-drawing.js";
import { View } from "./view.js";

/** All of the call, and which part of it is shown above. */
export function drawOverview(
  canvas: HTMLCanvasElement,
  lanes: readonly DrawnLane[],
  view: View,
  gain: number,
  palette: Palette,
): void {
  const prepared = prepare(canvas);
  if (!prepared || view.durationMs <= 0) return;
  const { context, width, height, step } = prepared;
  const whole = new View(view.durationMs, view.durationMs);
  const x = (ms: number) => (ms / view.durationMs) * width;
  context.fillStyle = palette.panel;
  context.fillRect(0, 0, width, height);
  const each = height / Math.max(1, lanes.length);
  for (const [i, lane] of lanes.entries()) {
    drawWaves({ context, x, width, step }, lane, whole, { top: i * each, height: each, gain }, palette);
    for (const { kind, atMs = 0, durationMs = 0 } of lane.marks) {
      if (kind !== "gap" && kind !== "error") continue;
      context.fillStyle = kind === "gap" ? palette.gap : palette.error;
      context.globalAlpha = kind === "gap" ? 0.5 : 1;
      context.fillRect(x(atMs), i * each, Math.max(2, x(durationMs)), each);
    }
  }
  context.globalAlpha = 1;
  if (view.isWhole) return;
  context.fillStyle = palette.window;
  context.fillRect(0, 0, x(view.startMs), height);
  context.fillRect(x(view.endMs), 0, width - x(view.endMs), height);
  context.strokeStyle = palette.text;
  context.lineWidth = 2;
  context.strokeRect(x(view.startMs) + 1, 1, Math.max(2, x(view.spanMs) - 2), height - 2);
}
