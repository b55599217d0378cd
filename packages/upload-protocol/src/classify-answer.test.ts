import { describe, expect, it } from 'vitest';
import { type Asked, classifyAnswer, isTusMissing } from './classify-answer.ts';

interface Given {
  readonly headers?: Readonly<Record<string, string>>;
  readonly hidesHeaders?: boolean;
}

const classify = (asked: Asked, status: number, body: unknown, { headers = {}, hidesHeaders = false }: Given = {}) =>
  classifyAnswer(
    { status, header: (name) => headers[name], body: typeof body === 'string' ? body : JSON.stringify(body) },
    { asked, hidesHeaders, now: 0 },
  );

const storage = (statusCode: string, code: string, message: string) => ({ statusCode, error: 'x', message, code });
const TUS: Given = { headers: { 'tus-resumable': '1.0.0' } };
const BROWSER: Given = { hidesHeaders: true };

describe('answers of Storage over REST, which hide their status in a 400', () => {
  it.each([
    ['409', 'KeyAlreadyExists', 'The resource already exists', 'object_exists'],
    ['413', 'EntityTooLarge', 'The object exceeded the maximum allowed size', 'object_too_large'],
    ['415', 'InvalidMimeType', 'mime type text/plain is not supported', 'content_type_refused'],
    ['404', 'NoSuchBucket', 'Bucket not found', 'bucket_missing'],
    ['404', 'NoSuchKey', 'Object not found', 'object_missing'],
    ['403', 'AccessDenied', 'signature verification failed', 'storage_unauthorized'],
    ['403', 'AccessDenied', 'new row violates row-level security policy', 'storage_forbidden'],
    ['400', 'InvalidSignature', 'Invalid signature', 'storage_unauthorized'],
    ['400', 'InvalidRequest', 'Missing x-signature header', 'storage_unauthorized'],
    ['400', 'InvalidKey', 'Invalid key: é', 'key_refused'],
    ['400', 'InvalidKey', 'Invalid key: my-token.mp4', 'key_refused'],
    ['400', 'InvalidRequest', 'something else', 'storage_refused'],
    ['423', 'ResourceLocked', 'The resource is locked', 'storage_busy'],
    ['544', 'DatabaseTimeout', 'The connection to the database timed out', 'storage_busy'],
  ])('%s %s (%s) is %s', (statusCode, code, message, expected) => {
    const found = classify('rest', 400, storage(statusCode, code, message));
    expect(found).toMatchObject({
      fault: expected,
      speaker: 'storage',
      status: Number(statusCode),
      httpStatus: 400,
      storageCode: code,
      message,
    });
  });

  it('takes an internal error as one that may pass', () => {
    expect(classify('rest', 500, storage('500', 'InternalError', 'Internal Server Error')).fault).toBe(
      'storage_failed',
    );
  });
});

describe('answers of Storage over TUS, in plain text', () => {
  it.each<[Asked, number, string, string]>([
    ['offset', 404, '', 'upload_expired'],
    ['append', 410, 'gone', 'upload_expired'],
    ['create', 404, 'Bucket not found', 'bucket_missing'],
    ['append', 409, 'Upload-Offset conflict', 'upload_conflict'],
    ['append', 409, 'The resource already exists', 'object_exists'],
    ['create', 409, 'Conflict', 'object_exists'],
    ['create', 413, 'Maximum size exceeded', 'object_too_large'],
    ['append', 413, 'Maximum size exceeded', 'object_too_large'],
    ['append', 413, "upload's size exceeded", 'edge_too_large'],
    ['append', 415, 'mime type text/plain is not supported', 'content_type_refused'],
    ['offset', 423, '', 'upload_locked'],
    ['create', 400, 'Invalid key: é', 'key_refused'],
    ['offset', 400, '', 'storage_unauthorized'],
    ['create', 403, 'new row violates row-level security policy', 'storage_forbidden'],
    ['append', 418, 'teapot', 'storage_refused'],
    ['append', 500, 'Something went wrong', 'storage_failed'],
    ['append', 503, '', 'storage_busy'],
  ])('to "%s": %i, "%s" is %s', (asked, status, body, expected) => {
    expect(classify(asked, status, body, TUS).fault).toBe(expected);
    expect(classify(asked, status, body, BROWSER).fault).toBe(expected);
  });

  it.each([
    [500, 'Something went wrong with that request', 'storage_failed'],
    [502, '', 'storage_failed'],
    [503, '', 'storage_busy'],
    [429, '', 'storage_busy'],
  ])('with %i are not blamed on a proxy', (status, body, fault) => {
    for (const asked of ['create', 'offset', 'append'] as const)
      expect(classify(asked, status, body, TUS)).toMatchObject({ fault, speaker: 'storage' });
    expect(classify('append', status, body, BROWSER).speaker).toBe('edge');
  });

  it('are believed of a token error, which comes as JSON before TUS is asked', () => {
    const body = storage('403', 'AccessDenied', '"exp" claim timestamp check failed');
    expect(classify('append', 400, body).fault).toBe('storage_unauthorized');
  });
});

describe('answers of an edge, which no body of Storage explains', () => {
  it.each<[number, unknown, string]>([
    [413, '<html><h1>413 Request Entity Too Large</h1></html>', 'edge_too_large'],
    [401, { message: 'Invalid API key' }, 'storage_unauthorized'],
    [502, '<html>Bad Gateway</html>', 'gateway_failed'],
    [504, '', 'gateway_failed'],
    [408, '', 'upload_interrupted'],
    [429, 'slow down', 'storage_busy'],
    [520, '<html>Web server is returning an unknown error</html>', 'gateway_failed'],
    [524, 'error code: 524', 'gateway_failed'],
    ...[521, 522, 523, 525, 526, 527, 530].map(
      (status) => [status, '', 'storage_unreachable'] as [number, string, string],
    ),
  ])('HTTP %i, %j, is %s', (status, body, expected) => {
    for (const asked of ['rest', 'append'] as const)
      for (const given of [{}, BROWSER]) {
        // A browser cannot tell an edge's 408 or 413 in plain text from one of Storage; the step that follows is the same.
        if (asked === 'append' && given === BROWSER && status === 408) continue;
        const found = classify(asked, status, body, given);
        expect(found).toMatchObject({ fault: expected, speaker: 'edge' });
        expect(found.message).not.toContain('<');
      }
  });

  it.each([
    ['404 page not found', 404, 'storage_unreachable'],
    ['{"message":"no Route matched with those values"}', 404, 'storage_unreachable'],
    ['<html>Gone</html>', 410, 'storage_failed'],
  ])('say nothing about an upload: %s', (body, status, expected) => {
    expect(classify('append', status, body).fault).toBe(expected);
  });

  it('are taken for Storage’s by a browser only where they are plain text', () => {
    expect(classify('append', 404, '404 page not found', BROWSER).fault).toBe('upload_expired');
    expect(classify('append', 404, '<html>404</html>', BROWSER).fault).toBe('storage_unreachable');
  });

  it('cannot refuse the body of a creation, which has none', () => {
    expect(classify('create', 413, '<html>413</html>').fault).toBe('object_too_large');
  });

  it('tell where resumable uploads are not offered', () => {
    for (const status of [404, 405, 501]) expect(isTusMissing(classify('create', status, ''))).toBe(true);
    expect(isTusMissing(classify('create', 404, 'Bucket not found', TUS))).toBe(false);
    expect(isTusMissing(classify('create', 413, ''))).toBe(false);
  });

  it('hand on how long to wait', () => {
    expect(classify('rest', 429, '', { headers: { 'retry-after': '9' } }).retryAfterMs).toBe(9000);
  });
});
