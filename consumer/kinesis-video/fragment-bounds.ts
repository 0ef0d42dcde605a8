import { compareFragmentNumbers } from "../matroska/fragment.js";

/** Inclusive bounds; a missing one is open. */
export interface FragmentBounds {
  startFragmentNumber?: string;
  endFragmentNumber?: string;
}

export function isWithin(fragmentNumber: string, bounds: FragmentBounds): boolean {
  const { startFragmentNumber: start, endFragmentNumber: end } = bounds;
  return (
    (start === undefined || compareFragmentNumbers(fragmentNumber, start) >= 0) &&
    (end === undefined || compareFragmentNumbers(fragmentNumber, end) <= 0)
  );
}
