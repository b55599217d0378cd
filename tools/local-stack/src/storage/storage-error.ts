/**
 * What Storage refuses, and in which words. Clients decide by `code`, so both are exactly those that were measured on the
 * Storage server 1.11.2. Its REST routes answer HTTP 400 for nearly everything, with the true status as text in the body;
 * TUS answers with the true status and the message as plain text.
 */

export class StorageError extends Error {
  /** The true status; REST sends it inside the body. */
  readonly status: number;
  readonly code: string;
  /** The `error` of the body. */
  readonly error: string;

  constructor(options: { status: number; code: string; message: string; error?: string; cause?: unknown }) {
    super(options.message, { cause: options.cause });
    this.name = 'StorageError';
    this.status = options.status;
    this.code = options.code;
    this.error = options.error ?? options.code;
  }
}

const define =
  (status: number, code: string, message: string, error?: string) =>
  (cause?: unknown): StorageError =>
    new StorageError({ status, code, message, cause, ...(error !== undefined && { error }) });

export const REFUSALS = {
  keyExists: define(409, 'KeyAlreadyExists', 'The resource already exists', 'Duplicate'),
  bucketExists: define(409, 'BucketAlreadyExists', 'The resource already exists', 'Duplicate'),
  bucketNotEmpty: define(409, 'ResourceNotEmpty', 'The bucket you tried to delete is not empty'),
  tooLarge: define(413, 'EntityTooLarge', 'The object exceeded the maximum allowed size', 'Payload too large'),
  metadataTooLarge: define(
    413,
    'EntityTooLarge',
    'The user_metadata exceeded the maximum allowed size',
    'Payload too large',
  ),
  badContentType: define(415, 'InvalidMimeType', 'Invalid Content-Type header', 'invalid_mime_type'),
  noBucket: define(404, 'NoSuchBucket', 'Bucket not found', 'Bucket not found'),
  noObject: define(404, 'NoSuchKey', 'Object not found', 'not_found'),
  badBucketName: define(400, 'InvalidBucketName', 'Bucket name invalid', 'Invalid Input'),
  noContent: define(400, 'InvalidRequest', 'No content provided'),
  badSizeFormat: define(400, 'InvalidRequest', 'Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B'),
  badRange: define(416, 'InvalidRange', 'invalid range provided', 'invalid_range'),
  /** How the server names an S3 server that refuses connections: the S3 client's own words. */
  storeAway: define(500, 'S3Error', 'Error', 'connect ECONNREFUSED 127.0.0.1:9000'),
  notInStore: define(404, 'S3Error', 'NotFound', 'UnknownError'),
  badUploadId: define(400, 'InvalidUploadId', 'Invalid upload id'),
  internal: define(500, 'InternalError', 'Internal Server Error', 'Internal'),
  policy: define(403, 'AccessDenied', 'new row violates row-level security policy', 'Unauthorized'),
} as const;

export function refuseMimeType(type: string): StorageError {
  const message = `mime type ${type} is not supported`;
  return new StorageError({ status: 415, code: 'InvalidMimeType', error: 'invalid_mime_type', message });
}

export function refuseKey(key: string, reason?: string): StorageError {
  const message = `Invalid key: ${key}${reason ? ` ${reason}` : ''}`;
  return new StorageError({ status: 400, code: 'InvalidKey', message });
}

export function refuseAccess(message: string, cause?: unknown): StorageError {
  return new StorageError({ status: 403, code: 'AccessDenied', error: 'Unauthorized', message, cause });
}

export function refuseRequest(message: string): StorageError {
  return new StorageError({ status: 400, code: 'InvalidRequest', message });
}

export function refuseSignature(message = 'Invalid signature'): StorageError {
  return new StorageError({ status: 400, code: 'InvalidSignature', message });
}
