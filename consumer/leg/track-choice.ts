import type { Track } from "../matroska/fragment.js";
import { LegError } from "./leg-error.js";

const AUDIO = 2;

/** The track as a user would name it. */
export function describeTrack(track: Track): string {
  return track.name ? `${track.name} (${track.number})` : String(track.number);
}

/**
 * The track to take audio from: the one named, else the only audio track, else the only track. Producers do not keep the order
 * and the numbers of their tracks from fragment to fragment, so a name is the better choice.
 * @param wanted a name, or a number; a name that is a number is taken as a name first
 * @returns undefined where there is none of that name
 * @throws {LegError} `severalTracks` where none is named and there is more than one to choose from
 */
export function chooseTrack(tracks: readonly Track[], wanted: string | number | undefined): Track | undefined {
  if (wanted !== undefined) {
    const byName = tracks.find((track) => track.name === String(wanted));
    return byName ?? tracks.find((track) => String(track.number) === String(wanted));
  }
  const audio = tracks.filter((track) => track.type === AUDIO);
  const candidates = audio.length > 0 ? audio : tracks;
  if (candidates.length <= 1) return candidates[0];
  const names = candidates.map(describeTrack).join(", ");
  throw new LegError(
    "severalTracks",
    `there are ${candidates.length} audio tracks, name one of them: ${names}`,
    candidates,
  );
}
