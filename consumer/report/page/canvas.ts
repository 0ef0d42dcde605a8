export interface Palette {
  waves: string[];
  panel: string;
  line: string;
  text: string;
  dim: string;
  gap: string;
  error: string;
  clock: string;
  pause: string;
  strip: string;
  stripOther: string;
  window: string;
}

/** The colours that the style sheet has for the scheme of the moment. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    waves: [colour("wave-first"), colour("wave-second")],
    panel: colour("panel"),
    line: colour("line"),
    text: colour("text"),
    dim: colour("dim"),
    gap: colour("gap"),
    error: colour("error"),
    clock: colour("clock"),
    pause: colour("pause"),
    strip: colour("strip"),
    stripOther: colour("strip-other"),
    window: colour("window"),
  };
}

/** A canvas as sharp as the screen; drawn in CSS pixels. @returns undefined while it has no size */
export function prepare(
  canvas: HTMLCanvasElement,
): { context: CanvasRenderingContext2D; width: number; height: number; step: number } | undefined {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (width === 0 || height === 0) return undefined;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d")!;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height, step: 1 / scale };
}
