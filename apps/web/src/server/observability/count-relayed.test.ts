import { createMetrics } from '@supabase-media/service/metrics';
import { expect, it } from 'vitest';
import { ApiError } from '../api-error.ts';
import { countRelayed, judgeAnswer, judgeFailure } from './count-relayed.ts';

const answered = (status: number, offset: number | undefined, text = '') => ({
  status,
  headers: { 'tus-resumable': '1.0.0', ...(offset !== undefined && { 'upload-offset': String(offset) }) },
  text,
  passedBytes: 100,
});

it.each([
  ['took all', answered(204, 150), undefined],
  ['took less', answered(204, 120), 'upload_interrupted'],
  ['said nothing of the offset', answered(201, undefined), undefined],
  ['was locked', answered(423, undefined, 'resource_locked'), 'upload_locked'],
  ['met a small edge', answered(413, undefined, '<html>Too Large</html>'), 'edge_too_large'],
  ['a gateway gave', { ...answered(502, undefined, 'Bad Gateway'), headers: {} }, 'gateway_failed'],
  ['Storage gave for a fault of its own', answered(500, undefined, 'Something went wrong'), 'storage_failed'],
] as const)('an answer that %s', (_what, answer, code) => {
  expect(judgeAnswer(answer, 50)).toBe(code);
});

it('tells a client that left from a Storage that is gone', () => {
  const gone = new ApiError({ code: 'storage_unavailable', message: 'It broke.' });
  expect(judgeFailure(gone, true)).toBe('aborted');
  expect(judgeFailure(gone, false)).toBe('storage_unreachable');
  expect(judgeFailure(new ApiError({ code: 'relay_too_slow', message: 'Slow.' }), false)).toBe('upload_stalled');
  expect(judgeFailure(new ApiError({ code: 'relay_refused', message: 'Too long.' }), false)).toBe('invalid_argument');
});

it('ends every upload that it began, and begins none without bytes', async () => {
  const metrics = createMetrics();
  const request = { bytes: 100, offset: 50, isTold: () => false };
  await countRelayed(metrics, request, async () => answered(204, 150));
  await countRelayed(metrics, request, () => Promise.reject(new Error('broke'))).catch(() => {});
  await countRelayed(metrics, { ...request, bytes: 0 }, async () => answered(204, 150));
  const text = await metrics.registry.metrics();
  expect(text).toContain('media_uploads_started_total{route="relay"} 2');
  expect(text).toContain('media_uploads_succeeded_total{route="relay"} 1');
  expect(text).toContain('media_uploads_failed_total{route="relay",code="storage_unreachable"} 1');
});
