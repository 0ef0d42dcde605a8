import type { Lane, Mark } from "../report-data.js";
import { type Palette, prepare } from "./canvas.js";
import { parseFragmentStarts } from "./fragment-starts.js";
import { PeakPyramid } from "./peak-pyramid.js";
import type { View } from "./view.js";

interface Span {
  fromMs: number;
  toMs: number;
}

/** A lane, ready to be drawn. */
export interface DrawnLane {
  index: number;
  recordings: { atMs: number; durationMs: number; peaks: PeakPyramid | undefined; fragments: Span[] }[];
  marks: Mark[];
}

export function drawnLane(lane: Lane, index: number, marks: readonly Mark[]): DrawnLane {
  const ofLane = marks.filter((mark) => mark.lane === index && mark.atMs !== undefined);
  const gaps = ofLane.filter(({ kind }) => kind === "gap");
  return {
    index,
    recordings: lane.recordings.map(({ atMs, durationMs, peaks, fragmentStarts }) => ({
      atMs,
      durationMs,
      peaks: peaks && new PeakPyramid(peaks),
      fragments: fragmentsOf(parseFragmentStarts(fragmentStarts), { fromMs: atMs, toMs: atMs + durationMs }, gaps),
    })),
    marks: ofLane,
  };
}

/** Each reaches to the next, or to the gap before it. Of a recording that does not tell there is one. */
function fragmentsOf(starts: readonly number[], { fromMs, toMs }: Span, gaps: readonly Mark[]): Span[] {
  if (starts.length === 0) return [{ fromMs, toMs }];
  let next = 0;
  return starts.map((start, i) => {
    const from = fromMs + start;
    const to = Math.min(toMs, fromMs + (starts[i + 1] ?? toMs));
    while (next < gaps.length && gaps[next]!.atMs! <= from) next++;
    return { fromMs: from, toMs: Math.min(to, gaps[next]?.atMs ?? to) };
  });
}

interface Area {
  context: CanvasRenderingContext2D;
  x: (ms: number) => number;
  width: number;
  /** Of one column. */
  step: number;
}

const STRIP_PX = 14;
const STRIP_ROOM_PX = STRIP_PX + 4;
/** Fragments narrower than this are shown as one. */
const LEAST_FRAGMENT_PX = 3;

/** The waveform, with fragments on a strip beneath. */
export function drawLane(canvas: HTMLCanvasElement, lane: DrawnLane, view: View, gain: number, palette: Palette): void {
  const prepared = prepare(canvas);
  if (!prepared || view.spanMs <= 0) return;
  const { context, width, height, step } = prepared;
  const area: Area = { context, width, step, x: (ms) => ((ms - view.startMs) / view.spanMs) * width };
  const waveHeight = height - STRIP_ROOM_PX;
  for (const { atMs, durationMs } of lane.recordings) {
    context.fillStyle = palette.panel;
    context.fillRect(area.x(atMs), 0, area.x(atMs + durationMs) - area.x(atMs), waveHeight);
  }
  drawWaves(area, lane, view, { top: 0, height: waveHeight, gain }, palette);
  drawStrip(area, lane, { top: waveHeight + 4, height: STRIP_PX }, palette);
  for (const mark of lane.marks) drawMark(area, mark, waveHeight, palette);
}

export function drawWaves(
  { context, width, step }: Area,
  { recordings, index }: DrawnLane,
  view: View,
  { top, height, gain }: { top: number; height: number; gain: number },
  palette: Palette,
): void {
  const middle = top + height / 2;
  const msPerColumn = (view.spanMs / width) * step;
  context.fillStyle = palette.waves[index % palette.waves.length]!;
  for (const { atMs, durationMs, peaks } of recordings) {
    if (!peaks) continue;
    const first = Math.max(0, Math.floor((atMs - view.startMs) / msPerColumn));
    const end = Math.min(width / step, Math.ceil((atMs + durationMs - view.startMs) / msPerColumn));
    for (let column = first; column < end; column++) {
      const fromMs = view.startMs + column * msPerColumn - atMs;
      const found = peaks.between(fromMs, fromMs + msPerColumn);
      if (!found) continue;
      const up = Math.min(1, found[1] * gain) * (height / 2);
      const down = Math.min(1, -found[0] * gain) * (height / 2);
      // Silence is a line.
      context.fillRect(column * step, middle - up, step, Math.max(step, up + down));
    }
  }
}

function drawStrip(
  { context, x, width }: Area,
  { recordings }: DrawnLane,
  { top, height }: { top: number; height: number },
  palette: Palette,
): void {
  for (const { fragments } of recordings) {
    for (let i = 0; i < fragments.length; ) {
      const left = x(fragments[i]!.fromMs);
      // What would be too narrow to be told apart is drawn together, up to the next hole.
      let last = i;
      while (
        last + 1 < fragments.length &&
        x(fragments[last + 1]!.toMs) - left < LEAST_FRAGMENT_PX &&
        fragments[last]!.toMs === fragments[last + 1]!.fromMs
      ) {
        last++;
      }
      const right = x(fragments[last]!.toMs);
      if (right >= 0 && left <= width) {
        const isAlone = last === i;
        context.fillStyle = isAlone && i % 2 === 1 ? palette.stripOther : palette.strip;
        context.fillRect(left, top, Math.max(1, right - left - (isAlone ? 1 : 0)), height);
      }
      i = last + 1;
    }
  }
}

function drawMark(
  { context, x, width }: Area,
  { kind, atMs, durationMs }: Mark,
  height: number,
  palette: Palette,
): void {
  const left = x(atMs!);
  const right = Math.max(left + 2, x(atMs! + (durationMs ?? 0)));
  if (right < 0 || left > width) return;
  if (kind === "gap" || kind === "overlap") {
    const colour = kind === "gap" ? palette.gap : palette.clock;
    hatch(context, Math.max(0, left), Math.min(width, right), height + STRIP_ROOM_PX, colour);
    return;
  }
  const colour = { error: palette.error, clock: palette.clock, pause: palette.pause }[
    kind as "error" | "clock" | "pause"
  ];
  context.fillStyle = colour;
  context.fillRect(left, 0, 1.5, height + STRIP_ROOM_PX);
  context.beginPath();
  // Told apart without colours, too.
  if (kind === "error") polygon(context, [left - 6, 0, left + 7, 0, left + 0.75, 11]);
  else if (kind === "clock") polygon(context, [left - 5, 6, left + 0.75, 0, left + 6.5, 6, left + 0.75, 12]);
  else context.rect(left - 4, 0, 9, 9);
  context.fill();
}

function polygon(context: CanvasRenderingContext2D, points: number[]): void {
  for (let i = 0; i < points.length; i += 2) context.lineTo(points[i]!, points[i + 1]!);
  context.closePath();
}

const HATCH_PX = 6;

function hatch(context: CanvasRenderingContext2D, left: number, right: number, height: number, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.fillStyle = context.strokeStyle = colour;
  context.globalAlpha = 0.18;
  context.fillRect(left, 0, right - left, height);
  context.globalAlpha = 0.9;
  context.beginPath();
  for (let x = Math.floor((left - height) / HATCH_PX) * HATCH_PX; x < right; x += HATCH_PX) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.fillRect(left, 0, 1.5, height);
  context.fillRect(right - 1.5, 0, 1.5, height);
  context.restore();
}
