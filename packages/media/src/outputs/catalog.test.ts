import { describe, expect, it } from 'vitest';
import { findFile, OUTPUT_KINDS, OUTPUTS, outputsOf, parseOutputs, uploadWaves } from './catalog.ts';

describe('the catalog', () => {
  it('names each output and each file once', () => {
    expect(new Set(OUTPUT_KINDS).size).toBe(OUTPUTS.length);
    const names = OUTPUTS.flatMap(({ files }) => files.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  it('makes with the MP4 what is published with it, and everything else after', () => {
    const kinds = (step: 'encode' | 'derive') => outputsOf(OUTPUT_KINDS, step).map(({ kind }) => kind);
    expect(kinds('encode')).toEqual(['video', 'poster', 'captions']);
    expect(kinds('derive')).toEqual(['storyboard', 'hls', 'preview', 'info']);
    expect(outputsOf(['hls'], 'encode')).toEqual([]);
  });

  it.each([
    ['video', ['video']],
    ['hls, video ,hls', ['video', 'hls']],
    ['', undefined],
    ['video,', undefined],
    ['video,film', undefined],
  ])('reads the list %j', (text, outputs) => {
    expect(parseOutputs(text)).toEqual(outputs);
  });

  it('knows a file by its name', () => {
    expect(findFile('hls/720p/0001.m4s')).toMatchObject({ contentType: 'video/iso.segment', wave: 'data' });
    expect(findFile('hls/0001.m4s')).toBeUndefined();
    expect(findFile('videoXmp4')).toBeUndefined();
  });
});

describe('uploadWaves', () => {
  it('sends what names other files after them', () => {
    const names = [
      'info.json',
      'hls/master.m3u8',
      'hls/720p/index.m3u8',
      'hls/captions-en/index.m3u8',
      'hls/captions-en/captions.vtt',
      'captions/en.vtt',
      'preview.mp4',
      'storyboard.vtt',
      'hls/720p/init_0.mp4',
      'hls/720p/0000.m4s',
      'storyboard.jpg',
    ];
    const files = names.map((name) => ({ name, path: name, contentType: '', bytes: 1 }));
    expect(uploadWaves(files).map((wave) => wave.map((file) => file.name))).toEqual([
      [
        'hls/captions-en/captions.vtt',
        'captions/en.vtt',
        'preview.mp4',
        'hls/720p/init_0.mp4',
        'hls/720p/0000.m4s',
        'storyboard.jpg',
      ],
      ['hls/720p/index.m3u8', 'hls/captions-en/index.m3u8', 'storyboard.vtt'],
      ['hls/master.m3u8'],
      ['info.json'],
    ]);
  });
});
