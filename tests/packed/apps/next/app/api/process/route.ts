import { type EnqueueVideoRequest, openQueueClient } from '@supabase-media/client';

/** Has a video processed again, and answers with what became of it. */
export async function POST(request: Request): Promise<Response> {
  const video = (await request.json()) as Pick<EnqueueVideoRequest, 'videoId' | 'source'>;
  const queue = await openQueueClient({ databaseUrl: process.env.DATABASE_URL });
  try {
    const { jobId } = await queue.enqueueVideo(video);
    return Response.json(await queue.waitForVideo(jobId, { signal: request.signal }));
  } finally {
    await queue.close();
  }
}
