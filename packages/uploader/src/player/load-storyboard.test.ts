import { expect, it } from 'vitest';
import { namePicture } from './load-storyboard.ts';

it('gives every cue the address of the picture and leaves times alone', () => {
  const index = 'WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nstoryboard.jpg#xywh=0,0,160,90\n';
  expect(namePicture(index, 'blob:http://a/1')).toBe(
    'WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nblob:http://a/1#xywh=0,0,160,90\n',
  );
});
