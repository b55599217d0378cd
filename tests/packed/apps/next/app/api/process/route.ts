import { openQueueClient } from '@supabase-media/client';

/** Enqueues a source that is in Storage, and answers with what became of it. */
export async function POST(request: Request): Promise<Response> {
  const source = (await request.json()) as { bucket: string; path: string };
  const queue = await openQueueClient({ databaseUrl: process.env.DATABASE_URL });
  try {
    const { jobId } = await queue.enqueueVideo({ source });
    return Response.json(await queue.waitForVideo(jobId, { signal: request.signal }));
  } finally {
    await queue.close();
  }
}
