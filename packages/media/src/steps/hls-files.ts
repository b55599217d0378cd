/** Every file of an HLS stream, the master playlist first. Pure. */
import { join } from 'node:path';
import { guessContentType } from '@supabase-media/core/content-type';
import { PLAYLIST_NAME } from '../ffmpeg/commands/hls.ts';
import { type HlsStream, MASTER_NAME } from '../ffmpeg/make-hls.ts';
import type { LocalFile } from './local-output.ts';

export function listHlsFiles(outDir: string, folder: string, stream: HlsStream): LocalFile[] {
  const describe = (inFolder: string, bytes: number): LocalFile => {
    const name = `${folder}/${inFolder}`;
    return { path: join(outDir, name), name, contentType: guessContentType(name), bytes };
  };
  const renditions = [...stream.videos, ...(stream.audio === undefined ? [] : [stream.audio])];
  return [
    describe(MASTER_NAME, stream.masterBytes),
    ...renditions.flatMap((rendition) => [
      describe(`${rendition.name}/${PLAYLIST_NAME}`, rendition.playlistBytes),
      describe(`${rendition.name}/${rendition.initName}`, rendition.initBytes),
      ...rendition.segments.map(({ name, bytes }) => describe(`${rendition.name}/${name}`, bytes)),
    ]),
  ];
}
