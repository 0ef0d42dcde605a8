import type { Account } from "./accounts.js";
import { KinesisVideoStream } from "./kinesis-video-stream.js";
import type { CallIds } from "./phone-call.js";
import type { StreamingConfiguration, VoiceConnector } from "./voice-connector.js";
import type { World } from "./world.js";

/** The streams of voice connectors, of which each carries one leg at a time and is used again by later calls. */
export class StreamPool {
  private readonly busy = new Set<KinesisVideoStream>();
  /** Streams whose last fragment already carries the tags of a call to come. */
  private readonly announced = new Map<KinesisVideoStream, CallIds>();

  constructor(private readonly world: World) {}

  /** A stream of the connector that no call uses, or a new one with the retention that is configured now. */
  take(account: Account, connector: VoiceConnector, streaming: StreamingConfiguration): KinesisVideoStream {
    const { streams } = account.region(connector.region);
    const prefix = `ChimeVoiceConnector-${connector.id}-`;
    let stream = [...streams.values()].find(
      (candidate) => candidate.name.startsWith(prefix) && !this.busy.has(candidate),
    );
    if (!stream) {
      const { clock, settings, identifiers } = this.world;
      stream = new KinesisVideoStream(
        `${prefix}${identifiers.uuid()}`,
        connector.region,
        account.id,
        streaming.DataRetentionInHours,
        clock,
        settings,
      );
      streams.set(stream.name, stream);
    }
    this.busy.add(stream);
    return stream;
  }

  release(stream: KinesisVideoStream): void {
    this.busy.delete(stream);
  }

  /** The next call on this stream will have these ids, and no session of its own. */
  announce(stream: KinesisVideoStream, ids: CallIds): void {
    this.announced.set(stream, ids);
  }

  /** The ids that the next call on one of these streams is bound to. */
  announcedIds(streams: readonly KinesisVideoStream[]): CallIds | undefined {
    return streams.map((stream) => this.announced.get(stream)).find((ids) => ids !== undefined);
  }

  /** @returns whether the stream's next call was announced */
  fulfil(stream: KinesisVideoStream): boolean {
    return this.announced.delete(stream);
  }
}
