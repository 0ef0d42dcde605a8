/** The consumer's API: media out of Kinesis Video Streams, and audio files out of media. Imports no Pulumi. */
export { UnsupportedAudio } from "./audio/audio-encoding.js";
export { RF64_HEADER_BYTES, RIFF_HEADER_BYTES, rf64Header, riffHeader, type WavAudio } from "./audio/wav-header.js";
export { parseStreamArn, type StreamArn } from "./events/stream-arn.js";
export { type ParsedStreamingEvent, parseStreamingEvent, type StreamingEvent } from "./events/streaming-event.js";
export { type ArchiveOptions, ArchiveReader, type ArchiveRequest } from "./kinesis-video/archive-reader.js";
export type { EndProof } from "./kinesis-video/end-proof.js";
export { ArchiveUnavailable } from "./kinesis-video/fragment-listing.js";
export {
  type KinesisVideoAccess,
  type KinesisVideoAccessOptions,
  openKinesisVideo,
} from "./kinesis-video/kinesis-video-access.js";
export { LegEnd } from "./kinesis-video/leg-end.js";
export { type LiveOptions, LiveReader, type LiveRequest } from "./kinesis-video/live-reader.js";
export { LegAssembler, type LegAssemblerOptions } from "./leg/leg-assembler.js";
export { LegError } from "./leg/leg-error.js";
export type { LegFault, LegReport, TransactionTally } from "./leg/leg-report.js";
export type { LegSelection } from "./leg/leg-selection.js";
export type { ClockStep, Gap } from "./leg/timeline.js";
export type { RecordingLimits } from "./leg-completeness.js";
export type { LegOutcome } from "./leg-recording.js";
export { type LegRequest, legOfEvent } from "./leg-request.js";
export type { Damage, DamageCode } from "./matroska/damage.js";
export {
  type Block,
  compareFragmentNumbers,
  type Fragment,
  type KinesisError,
  type Track,
} from "./matroska/fragment.js";
export { FragmentParser, type FragmentParserOptions } from "./matroska/fragment-parser.js";
export { QueueSetupError, WorkQueue } from "./queue/work-queue.js";
export { parseWorkerConfig, type WorkerConfig, WorkerConfigError } from "./queue/worker-config.js";
export { type RecordLegOptions, recordLeg } from "./record-leg.js";
export { type RecordLiveLegOptions, recordLiveLeg } from "./record-live-leg.js";
export { directoryStore } from "./recordings/directory-store.js";
export { recordingName } from "./recordings/recording-name.js";
export {
  type FoundRecording,
  RecordingChanged,
  type RecordingStore,
  type StoreSink,
} from "./recordings/recording-store.js";
export { type S3StoreOptions, s3Store } from "./recordings/s3-store.js";
export { parseSidecar, type Sidecar } from "./recordings/sidecar.js";
export type { AudioSink, CommittedAudio } from "./sinks/audio-sink.js";
export { openFileSink } from "./sinks/file.js";
export type { AudioFileFormat, PcmFileOptions } from "./sinks/pcm-file.js";
export { openS3Sink, type S3SinkOptions } from "./sinks/s3.js";
export { openStreamSink, type StreamSinkOptions } from "./sinks/stream.js";
export { Worker, type WorkerOptions } from "./worker.js";
