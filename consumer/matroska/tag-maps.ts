import type { Tag } from "./tags.js";

const NO_TAGS: ReadonlyMap<string, string> = new Map();

/** Tags by name. A producer's are the same from fragment to fragment: then it is the same map. */
export class TagMaps {
  #latestTags: readonly Tag[] = [];
  #latest = NO_TAGS;

  /** Of tags of one name the last one counts. */
  of(tags: readonly Tag[]): ReadonlyMap<string, string> {
    if (tags.length === 0) return NO_TAGS;
    if (!this.#areLatest(tags)) {
      this.#latestTags = tags;
      this.#latest = new Map(tags);
    }
    return this.#latest;
  }

  #areLatest(tags: readonly Tag[]): boolean {
    const latest = this.#latestTags;
    if (tags.length !== latest.length) return false;
    for (let i = 0; i < tags.length; i++) if (tags[i] !== latest[i]) return false;
    return true;
  }
}
