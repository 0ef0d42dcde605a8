import type { BlockTable } from "./block-table.js";
import type { Damage } from "./damage.js";
import type { Block, Fragment, KinesisError, Track } from "./fragment.js";
import type { KinesisTags } from "./kinesis-tags.js";

/** A fragment as the parser releases it. Its blocks become objects only when somebody asks for them. */
export class ParsedFragment implements Fragment {
  readonly fragmentNumber?: string;
  readonly serverTimestampMs?: number;
  readonly producerTimestampMs?: number;
  readonly clusterTimecodeMs?: number;
  readonly error?: KinesisError;
  readonly damaged?: Pick<Damage, "code" | "offset" | "message">;
  readonly continuationToken?: string;
  readonly millisBehindNow?: number;
  #blocks: Block[] | undefined;

  constructor(
    readonly offset: number,
    readonly bytes: number,
    readonly tracks: readonly Track[],
    readonly tagsBefore: ReadonlyMap<string, string>,
    readonly tagsAfter: ReadonlyMap<string, string>,
    readonly blockTable: BlockTable,
    kinesis: KinesisTags,
    clusterTimecodeMs: number | undefined,
    damaged: Damage | undefined,
  ) {
    this.fragmentNumber = kinesis.fragmentNumber;
    this.serverTimestampMs = kinesis.serverTimestampMs;
    this.producerTimestampMs = kinesis.producerTimestampMs;
    this.continuationToken = kinesis.continuationToken;
    this.millisBehindNow = kinesis.millisBehindNow;
    this.error = kinesis.error;
    this.clusterTimecodeMs = clusterTimecodeMs;
    if (damaged) this.damaged = { code: damaged.code, offset: damaged.offset, message: damaged.message };
  }

  get blocks(): readonly Block[] {
    this.#blocks ??= this.blockTable.toBlocks();
    return this.#blocks;
  }
}
