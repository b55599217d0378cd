import { describe, expect, it } from 'vitest';
import { classifyAnswer } from './classify-answer.ts';

const classify = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  classifyAnswer(
    { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
    { action: 'Uploading b/a.mp4', now: 0 },
  );

const storage = (statusCode: string, code: string, message: string) => ({ statusCode, error: 'x', message, code });

describe('answers of Storage, which hide their status in a 400', () => {
  it.each([
    ['409', 'KeyAlreadyExists', 'The resource already exists', 'object_exists'],
    ['413', 'EntityTooLarge', 'The object exceeded the maximum allowed size', 'object_too_large'],
    ['415', 'InvalidMimeType', 'mime type text/plain is not supported', 'content_type_refused'],
    ['404', 'NoSuchBucket', 'Bucket not found', 'bucket_missing'],
    ['404', 'NoSuchKey', 'Object not found', 'object_missing'],
    ['403', 'AccessDenied', 'signature verification failed', 'storage_unauthorized'],
    ['403', 'AccessDenied', 'new row violates row-level security policy', 'storage_forbidden'],
    ['400', 'InvalidKey', 'Invalid key: é', 'key_refused'],
    ['400', 'InvalidRequest', 'something else', 'storage_refused'],
    ['423', 'ResourceLocked', 'The resource is locked', 'storage_busy'],
    ['544', 'DatabaseTimeout', 'The connection to the database timed out', 'storage_busy'],
  ])('%s %s (%s) is %s', (statusCode, code, message, expected) => {
    const error = classify(400, storage(statusCode, code, message));
    expect(error.code).toBe(expected);
    expect(error.message).toContain(`Storage answered ${statusCode}`);
    expect(error.message).toContain(message);
  });

  it('takes an internal error as one that may pass', () => {
    const error = classify(500, storage('500', 'InternalError', 'Internal Server Error'));
    expect(error).toMatchObject({ code: 'storage_failed', retry: 'backoff' });
  });
});

describe('answers of an edge, which no Storage body explains', () => {
  it.each<[number, unknown, string]>([
    [413, '<html><h1>413 Request Entity Too Large</h1></html>', 'edge_too_large'],
    [401, { message: 'Invalid API key' }, 'storage_unauthorized'],
    [502, '<html>Bad Gateway</html>', 'gateway_failed'],
    [504, '', 'gateway_failed'],
    [429, 'slow down', 'storage_busy'],
    [520, '<html>Web server is returning an unknown error</html>', 'gateway_failed'],
    [524, 'error code: 524', 'gateway_failed'],
    ...[521, 522, 523, 525, 526, 527, 530].map(
      (status) => [status, '', 'storage_unreachable'] as [number, string, string],
    ),
  ])('HTTP %i, %j, is %s', (status, body, expected) => {
    const error = classify(status, body);
    expect(error.code).toBe(expected);
    expect(error.message).toContain('proxy or gateway');
    expect(error.message).not.toContain('<');
  });

  it('hands on how long to wait', () => {
    expect(classify(429, '', { 'retry-after': '9' }).details.retryAfterMs).toBe(9000);
  });
});
