import type { LegView, PhoneCallView } from "../view.js";
import { element } from "./element.js";
import { format } from "./format.js";

/** Shown so much late, so that the picture moves evenly between two updates. */
const LAG_MS = 300;
const LOUDEST = 127;

/**
 * A leg's waveform. What reached its stream is drawn strongly, what is spoken but not yet sent faintly, and where a fragment was
 * lost, the ground is marked.
 */
export class LegPicture {
  readonly node = element("canvas", { class: "wave", role: "img" });
  private leg?: LegView;
  private call?: PhoneCallView;
  private updatedMs = 0;

  show(call: PhoneCallView, leg: LegView): void {
    if (leg !== this.leg) this.updatedMs = performance.now();
    this.call = call;
    this.leg = leg;
    this.node.dataset.side = leg.side;
    const spokenMs = Math.min(leg.positionMs, leg.lengthMs);
    const lost = leg.fragments.filter(({ isLost }) => isLost).length;
    const label = `${leg.side}: ${format.duration(spokenMs)} of ${format.duration(leg.lengthMs)}`;
    this.node.setAttribute("aria-label", lost > 0 ? `${label}, ${format.counted(lost, "fragment")} lost` : label);
    this.draw();
  }

  draw(): void {
    const { call, leg, node } = this;
    const context = node.getContext("2d");
    if (!call || !leg || !context) return;
    const ratio = window.devicePixelRatio;
    const [width, height] = [node.clientWidth, node.clientHeight];
    if (node.width !== Math.round(width * ratio) || node.height !== Math.round(height * ratio)) {
      node.width = Math.round(width * ratio);
      node.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);

    const endMs = this.endMs(call, leg);
    const toX = (ms: number) => width - ((endMs - ms) / call.windowMs) * width;
    const style = getComputedStyle(node);
    const [color, ground, lostColor] = [
      style.color,
      style.getPropertyValue("--ground"),
      style.getPropertyValue("--lost"),
    ];
    this.drawGround(context, leg, { toX, width, height, ground, lostColor });

    const sentMs = call.isOver ? Number.POSITIVE_INFINITY : (leg.fragments.at(-1)?.toMs ?? 0);
    const binWidth = Math.max(1, (leg.binMs / call.windowMs) * width * 0.7);
    context.fillStyle = color;
    for (const [i, peak] of leg.peaks.entries()) {
      const beginMs = leg.firstMs + i * leg.binMs;
      if (beginMs > endMs) break;
      const x = toX(beginMs);
      if (x + binWidth < 0) continue;
      // Quiet speech is to be seen, too.
      const barHeight = Math.max(1, (peak / LOUDEST) ** 0.6 * (height - 4));
      context.globalAlpha = beginMs < sentMs ? 1 : 0.4;
      context.fillRect(x, (height - barHeight) / 2, binWidth, barHeight);
    }
    context.globalAlpha = 1;
  }

  /** Which moment of the leg is at the right edge. */
  private endMs(call: PhoneCallView, leg: LegView): number {
    if (call.isOver) return call.windowMs - (call.ageMs - leg.positionMs);
    const sinceMs = Math.min(performance.now() - this.updatedMs, LAG_MS);
    return leg.positionMs + (sinceMs - LAG_MS) * (call.speed ?? 1);
  }

  private drawGround(
    context: CanvasRenderingContext2D,
    leg: LegView,
    {
      toX,
      width,
      height,
      ground,
      lostColor,
    }: { toX(ms: number): number; width: number; height: number; ground: string; lostColor: string },
  ): void {
    const from = Math.max(0, toX(0));
    const to = Math.min(width, toX(leg.lengthMs));
    context.fillStyle = ground;
    if (to > from) context.fillRect(from, (height - 1) / 2, to - from, 1);
    for (const { fromMs, toMs, isLost } of leg.fragments) {
      const [begin, end] = [toX(fromMs), toX(toMs)];
      if (end < 0 || begin > width) continue;
      context.fillStyle = isLost ? lostColor : ground;
      if (isLost) context.fillRect(begin, 0, end - begin, height);
      else context.fillRect(end - 0.5, height - 5, 1, 5);
    }
  }
}
