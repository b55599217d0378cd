import { expect, it } from 'vitest';
import { UploadError } from '../client/upload-error.ts';
import type { Video } from '../contract.ts';
import { describeState } from './describe-state.ts';

const video = (changes: Partial<Video>): Video => changes as Video;

it.each([
  [{ phase: 'loading' }, 'Loading the video', false],
  [{ phase: 'waiting', video: video({ status: 'queued' }), percent: 0 }, 'Waiting to be converted', false],
  [{ phase: 'waiting', video: video({ status: 'processing' }), percent: 40 }, 'Converting, 40 %', false],
  [{ phase: 'ended', video: video({ status: 'canceled', errorMessage: null }) }, 'This video was canceled', false],
  [{ phase: 'ended', video: video({ status: 'rejected', errorMessage: 'No.' }) }, 'This video cannot be played', true],
  [{ phase: 'problem', error: new UploadError({ code: 'not_found' }) }, 'This video cannot be shown', true],
  [{ phase: 'problem', error: new UploadError({ code: 'offline' }) }, 'This video cannot be shown', true],
] as const)('%#: says what there is', (state, title, isProblem) => {
  expect(describeState(state)).toMatchObject({ title, isProblem });
});
