import { describe, expect, it } from 'vitest';
import { assertOwnFilters } from './own-filters.ts';

const graph = (value: string) => () => assertOwnFilters(['-filter_complex', value]);

describe('assertOwnFilters', () => {
  it('lets our own pass', () => {
    for (const own of [
      '[0:0]split=2[s720p][s480p];[s720p]scale=1280:720,setsar=1[720p];[s480p]scale=854:480[480p]',
      String.raw`setpts=if(eq(N\,0)\,0\,PTS)`,
      "crop='min(iw,640)':'min(ih,360)':0:60,scale='max(2,2*round(min(1280,720*dar)/2))':-2,format=yuv420p",
      'pan=stereo|c0=1.000*c0+0.707*c2|c1=1.000*c1+0.707*c2,alimiter=limit=0.97',
    ])
      expect(graph(own)).not.toThrow();
    expect(() => assertOwnFilters(['-map', '0:12', '-map', '[720p]'])).not.toThrow();
  });

  it.each([
    '[0:0]drawtext=textfile=/etc/passwd,scale=2:2[a]',
    'scale=2:2,movie=http://127.0.0.1/',
    'scale=2:2;amovie=/etc/passwd[x]',
    'scale=2:2,subtitles=/etc/passwd',
    "format='yuv420p',movie=x,format='yuv420p'",
    "scale='2,movie=x",
    String.raw`scale=2:2\',movie=x,scale=\'`,
    String.raw`scale=2\:2,movie=x`,
    '[a][b] movie=x',
    'sendcmd=f=/etc/passwd',
    '',
  ])('refuses %s', (foreign) => {
    expect(graph(foreign)).toThrow(TypeError);
  });

  it.each(['0:a', '0:0]drawtext=x[', '0:v:0', '-1', 'x', '0:1e99'])('refuses to map %s', (stream) => {
    expect(() => assertOwnFilters(['-map', stream])).toThrow('is no stream to map');
  });

  it.each(['-/filter_complex', '-filter_script:v', '-filter_complex_script'])('refuses %s', (option) => {
    expect(() => assertOwnFilters([option, '/etc/passwd'])).toThrow('reads a file');
  });

  it.each(['-vf', '-af', '-filter:v', '-filter:a:0', '-lavfi', '-filter_complex'])('looks at %s', (option) => {
    expect(() => assertOwnFilters([option, 'movie=x'])).toThrow('"movie" is no filter of ours');
  });
});
