/** The consumer's API: media out of Kinesis Video Streams, and audio files out of media. Imports no Pulumi. */
export { UnsupportedAudio } from "./audio/audio-encoding.js";
export { RF64_HEADER_BYTES, RIFF_HEADER_BYTES, rf64Header, riffHeader, type WavAudio } from "./audio/wav-header.js";
export { LegAssembler, type LegAssemblerOptions } from "./leg/leg-assembler.js";
export { LegError } from "./leg/leg-error.js";
export type { LegFault, LegReport, TransactionTally } from "./leg/leg-report.js";
export type { LegSelection } from "./leg/leg-selection.js";
export type { ClockStep, Gap } from "./leg/timeline.js";
export type { Damage, DamageCode } from "./matroska/damage.js";
export {
  type Block,
  compareFragmentNumbers,
  type Fragment,
  type KinesisError,
  type Track,
} from "./matroska/fragment.js";
export { FragmentParser, type FragmentParserOptions } from "./matroska/fragment-parser.js";
export type { AudioSink, CommittedAudio } from "./sinks/audio-sink.js";
export { openFileSink } from "./sinks/file.js";
export type { AudioFileFormat, PcmFileOptions } from "./sinks/pcm-file.js";
export { openStreamSink, type StreamSinkOptions } from "./sinks/stream.js";
