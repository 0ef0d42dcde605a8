/** An object as it is kept. */
export interface StoredObject {
  readonly key: string;
  readonly data: Buffer;
  /** With its quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  /** Headers given at upload that come back with it: content type, `x-amz-meta-…`, encryption. */
  readonly headers: Readonly<Record<string, string>>;
  /** CRC-32 in base64; not for what was uploaded in parts. */
  readonly crc32?: string;
}

export interface UploadPart {
  readonly number: number;
  readonly data: Buffer;
  readonly etag: string;
}

export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  readonly begunMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, UploadPart>;
}

/** One bucket. */
export class Bucket {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, MultipartUpload>();

  constructor(
    readonly name: string,
    readonly region: string,
    readonly createdMs: number,
  ) {}

  /** Bytes that objects and unfinished uploads take. */
  get storedBytes(): number {
    let bytes = 0;
    for (const object of this.objects.values()) bytes += object.data.length;
    for (const upload of this.uploads.values()) for (const part of upload.parts.values()) bytes += part.data.length;
    return bytes;
  }
}
