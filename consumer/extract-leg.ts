import { LegAssembler, type LegAssemblerOptions } from "./leg/leg-assembler.js";
import type { LegFault, LegReport } from "./leg/leg-report.js";
import type { LegSelection } from "./leg/leg-selection.js";
import type { Damage } from "./matroska/damage.js";
import type { Fragment } from "./matroska/fragment.js";
import { FragmentParser } from "./matroska/fragment-parser.js";
import { type ByteSource, chunksOf } from "./read-fragments.js";
import type { AudioSink } from "./sinks/audio-sink.js";

export interface ExtractLegOptions extends Omit<LegAssemblerOptions, "reusesMemory"> {
  /** Which call, and which track of it. Default: the first transaction met, and its only audio track. */
  selection?: LegSelection;
  /** Whether to keep audio of which this has been found. Default: where there is a fragment of the leg. */
  accept?: (report: LegReport) => boolean;
}

/** What became of a leg and of its audio. */
export interface ExtractedLeg<Committed> {
  /** What `commit` gave; absent where nothing of the leg was found, or what was found was not accepted. */
  audio?: Committed;
  report: LegReport;
  /** Faults of the bytes and of the leg, each once, by offset. Of each kind the first 10,000. */
  errors: (Damage | LegFault)[];
  /** The leg was found, and nothing is known to be missing: `errors` is empty, and nothing was left out of it. */
  complete: boolean;
  /** Bytes read. */
  inputBytes: number;
}

/**
 * One leg out of Matroska bytes into a sink: `FragmentParser`, then `LegAssembler`, then `write` for each piece of PCM, one at a
 * time. A slow sink slows the source down; nothing piles up. To stop it, abort the source.
 *
 * @param openSink called once, with the leg's first audio; where nothing of the leg is found, never. Every sink that was opened is
 * committed or aborted
 * @throws what the source or the sink throws, `LegError` and `UnsupportedAudio`; the sink has been aborted and the source ended
 */
export async function extractLeg<Committed>(
  source: ByteSource,
  openSink: (sampleRateHz: number) => AudioSink<Committed> | Promise<AudioSink<Committed>>,
  options: ExtractLegOptions = {},
): Promise<ExtractedLeg<Committed>> {
  const { selection = {}, accept = ({ fragments }) => fragments > 0, ...assembling } = options;
  const parser = new FragmentParser();
  const assembler = new LegAssembler(selection, { ...assembling, reusesMemory: true });
  let sink: AudioSink<Committed> | undefined;
  const take = async (fragments: readonly Fragment[]) => {
    for (const fragment of fragments) {
      for (const pcm of assembler.push(fragment)) {
        sink ??= await openSink(assembler.sampleRateHz);
        const room = sink.write(pcm);
        if (room) await room;
      }
    }
  };
  try {
    for await (const chunk of chunksOf(source)) await take(parser.feed(chunk));
    await take(parser.end());
    const report = assembler.report();
    const errors = mergedErrors(parser.damages, report.errors);
    const complete = report.complete && errors.length === 0 && parser.damagesOmitted === 0;
    const extracted = { report, errors, complete, inputBytes: parser.bytesFed };
    if (!accept(report)) {
      await sink?.abort();
      return extracted;
    }
    // A leg without a sound is audio without a sample.
    sink ??= await openSink(assembler.sampleRateHz);
    return { audio: await sink.commit(), ...extracted };
  } catch (error) {
    await sink?.abort().catch(() => undefined);
    throw error;
  }
}

/** Damage inside a fragment is known to the parser and to the leg: it is told once. */
function mergedErrors(damages: readonly Damage[], faults: readonly LegFault[]): (Damage | LegFault)[] {
  const known = new Set(damages.map(({ code, offset }) => `${code} ${offset}`));
  const added = faults.filter(({ code, offset }) => !known.has(`${code} ${offset}`));
  return [...damages, ...added].sort((a, b) => a.offset - b.offset);
}
