/** Where fragments begin, in milliseconds, out of `0 1000*19 640`. */
export function parseFragmentStarts(text: string | undefined): number[] {
  const starts: number[] = [];
  let at = 0;
  for (const part of (text ?? "").split(" ").filter(Boolean)) {
    const [distance = 0, times = 1] = part.split("*").map(Number);
    if (!Number.isFinite(distance) || !Number.isFinite(times)) break;
    for (let i = 0; i < times && starts.length < MOST_STARTS; i++) {
      at += distance;
      starts.push(at);
    }
  }
  return starts;
}

/** More than a call of a day has. */
const MOST_STARTS = 200_000;
