/** CommonJS: Node 20.19 and newer can require an ES module. */
import client = require('@supabase-media/client');

async function main(): Promise<void> {
  const [bucket = '', path = ''] = process.argv.slice(2);
  const queue: client.QueueClient = client.openQueueClient({ databaseUrl: process.env.DATABASE_URL });
  const { jobId } = await queue.enqueueVideo({ source: { bucket, path }, ownerId: null });
  process.stdout.write(JSON.stringify(await queue.waitForVideo(jobId)));
  await queue.close();
}

main().catch((error: unknown) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
