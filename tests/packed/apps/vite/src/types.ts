/** Types of ours, checked with everything that they need. */
export type { UploadError, Video, VideoList } from '@supabase-media/uploader';
export type { VideoPlayerProps } from '@supabase-media/uploader/player';
export type { VideoUploaderProps } from '@supabase-media/uploader/react';
