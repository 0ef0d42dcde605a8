/** Audio, and where it is in the call. */
export interface Source {
  audio: HTMLAudioElement;
  atMs: number;
  durationMs: number;
}

/** Apart by more than this, two files that are heard together are put together again. */
const MOST_APART_MS = 80;

/**
 * One clock for all audio of a call. While a file sounds it leads; where none does, as before a leg begins, time goes on by itself.
 */
export class Player extends EventTarget {
  #sources: Source[] = [];
  #positionMs = 0;
  #isPlaying = false;
  #rate = 1;
  /** When the position was looked at last, by the page's clock. */
  #seenAtMs = 0;

  constructor(private readonly durationMs: number) {
    super();
  }

  get positionMs(): number {
    return this.#positionMs;
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** What is heard from now on. */
  listenTo(sources: readonly Source[]): void {
    for (const { audio } of this.#sources) audio.pause();
    this.#sources = [...sources];
    for (const { audio } of sources) audio.playbackRate = this.#rate;
    this.#place();
  }

  setRate(rate: number): void {
    this.#rate = rate;
    for (const { audio } of this.#sources) audio.playbackRate = rate;
  }

  play(): void {
    if (this.#isPlaying) return;
    if (this.#positionMs >= this.durationMs) this.#positionMs = 0;
    this.#isPlaying = true;
    this.#seenAtMs = performance.now();
    this.#place();
    this.#tell();
    requestAnimationFrame(this.#tick);
  }

  pause(): void {
    this.#isPlaying = false;
    for (const { audio } of this.#sources) audio.pause();
    this.#tell();
  }

  seek(ms: number): void {
    this.#positionMs = Math.max(0, Math.min(this.durationMs, ms));
    this.#seenAtMs = performance.now();
    this.#place();
    this.#tell();
  }

  /** Files that fail are left out; the rest goes on. */
  drop(audio: HTMLAudioElement): void {
    this.#sources = this.#sources.filter((source) => source.audio !== audio);
  }

  /** Moves every file to the position, and lets sound what is to sound. */
  #place(): void {
    for (const source of this.#sources) {
      const { audio, atMs } = source;
      if (!this.#isInside(source)) {
        audio.pause();
        continue;
      }
      audio.currentTime = (this.#positionMs - atMs) / 1000;
      if (this.#isPlaying) this.#start(audio);
    }
  }

  readonly #tick = (): void => {
    if (!this.#isPlaying) return;
    const now = performance.now();
    const inside = this.#sources.filter((source) => this.#isInside(source));
    const sounding = inside.filter(
      ({ audio }) => !audio.paused && !audio.seeking && !audio.ended && audio.readyState >= 2,
    );
    const [leader] = sounding;
    if (leader) this.#positionMs = leader.atMs + leader.audio.currentTime * 1000;
    // A file that is being loaded is waited for.
    else if (inside.every(({ audio }) => audio.ended)) this.#positionMs += (now - this.#seenAtMs) * this.#rate;
    this.#seenAtMs = now;
    for (const source of this.#sources) this.#keepTogether(source, leader);
    if (this.#positionMs >= this.durationMs) {
      this.#positionMs = this.durationMs;
      this.pause();
      return;
    }
    this.#tell();
    requestAnimationFrame(this.#tick);
  };

  #keepTogether(source: Source, leader: Source | undefined): void {
    const { audio, atMs } = source;
    if (!this.#isInside(source)) {
      audio.pause();
      return;
    }
    if (audio.ended) return;
    const wantedMs = this.#positionMs - atMs;
    const isApart = Math.abs(audio.currentTime * 1000 - wantedMs) > MOST_APART_MS;
    if (source !== leader && !audio.seeking && isApart && (audio.paused || leader)) audio.currentTime = wantedMs / 1000;
    if (audio.paused) this.#start(audio);
  }

  #isInside({ atMs, durationMs }: Source): boolean {
    return this.#positionMs >= atMs && this.#positionMs < atMs + durationMs;
  }

  #start(audio: HTMLAudioElement): void {
    // Paused again before it began, or it cannot be played, which its `error` tells.
    audio.play().catch(() => {});
  }

  #tell(): void {
    this.dispatchEvent(new Event("change"));
  }
}
