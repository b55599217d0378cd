/** An ES module: enqueues the source that its arguments name, and writes what became of it. */
import { openQueueClient, type QueueClient } from '@supabase-media/client';

const [bucket = '', path = ''] = process.argv.slice(2);
const queue: QueueClient = openQueueClient({ databaseUrl: process.env.DATABASE_URL });
const { jobId } = await queue.enqueueVideo({ source: { bucket, path }, ownerId: null });
process.stdout.write(JSON.stringify(await queue.waitForVideo(jobId)));
await queue.close();
