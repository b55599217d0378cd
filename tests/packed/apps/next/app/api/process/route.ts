import { type EnqueueVideoRequest, openQueueClient } from '@supabase-media/client';

/** Connects when it is first asked: this module is also loaded by `next build`. */
const queue = openQueueClient({ databaseUrl: process.env.DATABASE_URL });

/** Has a video processed again, and answers with what became of it. */
export async function POST(request: Request): Promise<Response> {
  const video = (await request.json()) as Pick<EnqueueVideoRequest, 'videoId' | 'source'>;
  // It keeps the owner that it has.
  const { jobId } = await queue.enqueueVideo({ ...video, ownerId: null });
  return Response.json(await queue.waitForVideo(jobId, { signal: request.signal }));
}
