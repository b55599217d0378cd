import { describe, expect, it } from 'vitest';
import { type ScriptOptions, writeScript } from './write-script.ts';

describe('writeScript', () => {
  const options: ScriptOptions = {
    sourceUrl: 'http://a/source.mp4',
    resultsUrl: 'http://a/results',
    key: 'secret',
    sourceFile: '/w/source.mp4',
    outDir: '/w/out',
    commands: [
      { command: ['ffmpeg', '-i', 'file:/w/source.mp4', 'file:/w/out/video.mp4'] },
      { cwd: '/w/out/hls', command: ['ffmpeg', '-var_stream_map', 'v:0,name:720p a:0,name:audio', './%v/index.m3u8'] },
    ],
  };
  const script = writeScript(options);

  it('proves by hand where it is told to', () => {
    const lines = writeScript({ ...options, resultsUrl: 'http://a/object/results', proves: true }).split('\n');
    const added = lines.filter((line) => !script.includes(line) && !line.startsWith('find'));
    expect(added.map((line) => line.split(' ')[0])).toEqual([
      ...['sha256sum', 'ffprobe', 'wait', 'ffprobe', 'ffmpeg', 'wait', 'md5sum', 'wait', 'curl'],
    ]);
    expect(lines.at(-2)).toContain('http://a/object/info/results/video.mp4 | grep');
  });

  it('downloads, runs the commands in order, and uploads what there is', () => {
    const lines = script.split('\n');
    expect(lines[0]).toBe('set -e');
    expect(lines[2]).toMatch(/^curl .*--output \/w\/source\.mp4 http:\/\/a\/source\.mp4$/);
    expect(lines[3]).toBe('(cd /w/out && ffmpeg -i file:/w/source.mp4 file:/w/out/video.mp4 >/dev/null)');
    expect(lines[4]).toMatch(/^\(cd \/w\/out\/hls && ffmpeg /);
    expect(lines[6]).toMatch(/xargs -P 4 .*http:\/\/a\/results\/NAME$/);
  });

  it('makes the folders of renditions', () => {
    expect(script.split('\n')[1]).toBe('mkdir -p /w/out /w/out/hls /w/out/hls/720p /w/out/hls/audio');
  });
});
