import { positionText } from "../time-text.js";
import { type Palette, prepare } from "./canvas.js";
import type { View } from "./view.js";

const STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000,
].map((step, i) => (i < 6 ? step : step * 1000));
/** A label and the room around it. */
const LABEL_PX = 72;

/** Times along the top. */
export function drawAxis(canvas: HTMLCanvasElement, view: View, palette: Palette): void {
  const area = prepare(canvas);
  if (!area || view.spanMs <= 0) return;
  const { context, width, height } = area;
  const stepMs = STEPS_MS.find((step) => (step / view.spanMs) * width >= LABEL_PX) ?? STEPS_MS.at(-1)!;
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : 2;
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (let ms = Math.ceil(view.startMs / stepMs) * stepMs; ms <= view.endMs; ms += stepMs) {
    const x = ((ms - view.startMs) / view.spanMs) * width;
    context.fillStyle = palette.line;
    context.fillRect(x, height - 6, 1, 6);
    const text = positionText(ms, digits);
    const room = context.measureText(text).width;
    context.fillStyle = palette.dim;
    context.fillText(text, Math.min(Math.max(0, x - room / 2), width - room), height / 2 - 2);
  }
}
