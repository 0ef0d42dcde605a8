/**
 * The consumer's API: media out of Kinesis Video Streams, and audio files out of media. Imports no Pulumi, and nothing of it runs or
 * is kept before it is called. docs/consumer-api.md leads through it.
 */
export { AwsCallError, type AwsCallErrorKind } from "../aws/call-error.js";
export { UnsupportedAudio } from "./audio/audio-encoding.js";
export { RF64_HEADER_BYTES, RIFF_HEADER_BYTES, rf64Header, riffHeader, type WavAudio } from "./audio/wav-header.js";
export {
  type CallOutcome,
  type CallRecordingOptions,
  recordCall,
} from "./call/call-recording.js";
export { RecordingDamaged } from "./call/recorded-samples.js";
export type { Clock } from "./clock.js";
export type { EventOrigin } from "./events/event-origin.js";
export { parseStreamArn, type StreamArn } from "./events/stream-arn.js";
export {
  type EndedEvent,
  type FailedEvent,
  type ParsedStreamingEvent,
  parseStreamingEvent,
  type StartedEvent,
  type StreamingEvent,
  type UpdatedEvent,
} from "./events/streaming-event.js";
export { type ExtractedLeg, type ExtractLegOptions, extractLeg } from "./extract-leg.js";
export {
  type ArchiveEnd,
  type ArchiveOptions,
  ArchiveReader,
  type ArchiveRequest,
  ListingChanged,
} from "./kinesis-video/archive-reader.js";
export type { BackoffOptions } from "./kinesis-video/backoff.js";
export type { KinesisVideoClientsOptions } from "./kinesis-video/clients.js";
export type { EndProof, LegProgress } from "./kinesis-video/end-proof.js";
export type { FragmentBounds } from "./kinesis-video/fragment-bounds.js";
export { ArchiveUnavailable, type FragmentRange, type ListedFragment } from "./kinesis-video/fragment-listing.js";
export type { ReadFragment } from "./kinesis-video/fragment-media.js";
export {
  type KinesisVideoAccess,
  type KinesisVideoAccessOptions,
  openKinesisVideo,
} from "./kinesis-video/kinesis-video-access.js";
export { LegEnd, type LegEndBounds } from "./kinesis-video/leg-end.js";
export {
  type LiveEnd,
  type LiveFragment,
  type LiveOptions,
  LiveReader,
  type LiveRequest,
} from "./kinesis-video/live-reader.js";
export type { StreamQuotasOptions } from "./kinesis-video/stream-quotas.js";
export { LegAssembler, type LegAssemblerOptions } from "./leg/leg-assembler.js";
export { LegError } from "./leg/leg-error.js";
export type { LegFault, LegReport, TransactionTally } from "./leg/leg-report.js";
export type { LegSelection } from "./leg/leg-selection.js";
export { type ClockStep, type Gap, Timeline, type TimelineOptions } from "./leg/timeline.js";
export type { Predecessor } from "./leg/transaction-filter.js";
export type { RecordingLimits } from "./leg-completeness.js";
export type { LegOutcome, UncommittedSidecar } from "./leg-recording.js";
export { type LegPiece, type LegRequest, legOfEvent, UnknownMediaType } from "./leg-request.js";
export type { HealthFile } from "./live/health-file.js";
export type { Logger } from "./logger.js";
export type { Damage, DamageCode } from "./matroska/damage.js";
export {
  type Block,
  compareFragmentNumbers,
  type Fragment,
  type KinesisError,
  type Track,
} from "./matroska/fragment.js";
export { FragmentParser, type FragmentParserOptions } from "./matroska/fragment-parser.js";
export { METRIC_UNITS, type MetricName, type Metrics } from "./metrics/metrics.js";
export { type QueuedMessage, QueueSetupError, WorkQueue } from "./queue/work-queue.js";
export { type DeadLetter, parseWorkerConfig, type WorkerConfig, WorkerConfigError } from "./queue/worker-config.js";
export { type ByteSource, readFragments } from "./read-fragments.js";
export { type RecordLegOptions, recordLeg } from "./record-leg.js";
export { type RecordLiveLegOptions, recordLiveLeg } from "./record-live-leg.js";
export { recordWholeLeg } from "./record-whole-leg.js";
export {
  type CallLeg,
  type CallSidecar,
  type ChannelOverlap,
  parseCallSidecar,
} from "./recordings/call-sidecar.js";
export { directoryStore } from "./recordings/directory-store.js";
export type { Mark, MarkKind, MarkStore } from "./recordings/marks.js";
export type { OutputLocation } from "./recordings/output-location.js";
export { recordingName } from "./recordings/recording-name.js";
export {
  AudioMissing,
  type FoundRecording,
  RecordingChanged,
  type RecordingStore,
  type StoreSink,
  TooManyRecordings,
} from "./recordings/recording-store.js";
export { type S3StoreOptions, s3Store } from "./recordings/s3-store.js";
export { type PieceBounds, parseSidecar, type Sidecar } from "./recordings/sidecar.js";
export type { AudioSink, CommittedAudio } from "./sinks/audio-sink.js";
export { openFileSink } from "./sinks/file.js";
export type { AudioFileFormat, PcmFileOptions } from "./sinks/pcm-file.js";
export { openS3Sink, type S3SinkOptions } from "./sinks/s3.js";
export { openStreamSink, type StreamSinkOptions } from "./sinks/stream.js";
export { Worker, type WorkerOptions } from "./worker.js";
