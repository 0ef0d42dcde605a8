/** A recording on a channel's time axis, in samples. */
export interface PlacedRecording {
  /** Tells recordings apart. */
  id: string;
  at: number;
  samples: number;
}

/** What is heard on a channel from one sample on, `to` excluded. */
export interface Stretch {
  from: number;
  to: number;
  /** Nothing: silence. */
  recording?: PlacedRecording;
}

/** What two recordings both have of a channel. */
export interface PlannedOverlap {
  from: number;
  to: number;
  heard: string;
  leftOut: string;
}

/**
 * Who is heard on a channel at each sample from 0 to `samples`. Where there are several recordings it is the one that began last, of
 * those that began together the last one given; samples are never added to each other.
 */
export function planChannel(
  recordings: readonly PlacedRecording[],
  samples: number,
): { stretches: Stretch[]; overlaps: PlannedOverlap[] } {
  const inOrder = [...recordings].filter((recording) => recording.samples > 0).sort((a, b) => a.at - b.at);
  const edges = [0, samples, ...inOrder.flatMap(({ at, samples: length }) => [at, at + length])];
  const bounds = [...new Set(edges)].filter((edge) => edge <= samples).sort((a, b) => a - b);
  const stretches: Stretch[] = [];
  const overlaps: PlannedOverlap[] = [];
  for (let i = 0; i + 1 < bounds.length; i++) {
    const [from, to] = [bounds[i]!, bounds[i + 1]!];
    const there = inOrder.filter(({ at, samples: length }) => at <= from && at + length >= to);
    const recording = there.pop();
    const before = stretches.at(-1);
    if (before && before.recording === recording) before.to = to;
    else stretches.push({ from, to, recording });
    for (const { id } of there) addOverlap(overlaps, { from, to, heard: recording!.id, leftOut: id });
  }
  return { stretches, overlaps };
}

function addOverlap(overlaps: PlannedOverlap[], overlap: PlannedOverlap): void {
  const goesOn = overlaps.find(
    ({ to, heard, leftOut }) => to === overlap.from && heard === overlap.heard && leftOut === overlap.leftOut,
  );
  if (goesOn) goesOn.to = overlap.to;
  else overlaps.push(overlap);
}
