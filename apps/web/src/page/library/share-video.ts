/** Takes a video out of the page: its address, or its file. */
import type { Video } from '@supabase-media/uploader/contract';
import { UploadError } from '@supabase-media/uploader/errors';
import { downloadNameOf } from '@supabase-media/uploader/format';
import { pathOf } from '../router.ts';
import type { VideoList } from './video-list.ts';

/** Puts the address of a video's view into the clipboard. @throws {Error} where the browser has none, or forbids it. */
export async function copyLink(videoId: string): Promise<void> {
  await navigator.clipboard.writeText(linkOf(videoId));
}

/** Where a video is watched. */
export const linkOf = (videoId: string): string => new URL(pathOf({ view: 'video', videoId }), location.href).href;

/** Saves the MP4, from Storage itself, under the video's title. @throws {UploadError} */
export async function saveVideo(list: Pick<VideoList, 'readDetail'>, video: Video): Promise<void> {
  const { outputs } = await list.readDetail(video.id);
  const url = outputs.find(({ kind }) => kind === 'video')?.url;
  if (!url) throw new UploadError({ code: 'not_found', message: 'There is no file of this video to save.' });
  const link = document.createElement('a');
  link.href = addressOfFile(url, video);
  link.click();
}

/** With it Storage tells the browser to save the file, whatever else it could do with it. */
function addressOfFile(url: string, video: Video): string {
  const address = new URL(url);
  address.searchParams.set('download', downloadNameOf(video));
  return address.href;
}
