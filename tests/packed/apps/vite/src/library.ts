// biome-ignore lint/performance/noBarrelFile: All that a page without the player takes.
export { createUploader } from '@supabase-media/uploader';
export { UPLOAD_ERRORS } from '@supabase-media/uploader/errors';
export { VideoUploader } from '@supabase-media/uploader/react';
