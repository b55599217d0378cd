/** `docs/payload.schema.json`: what producers in other languages may send, written from the contract. Pure. */
import { VIDEO_PROCESS } from '@supabase-media/client/contract';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { videoProcessPayload } from '@supabase-media/worker/jobs/video-process/contract';

/** What each field is for; the contract's own comments do not reach the schema. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  version: 'Of this contract.',
  videoId: 'The key of the row in `videos`, and the one name of the job: `video-{videoId}`.',
  ownerId: 'The Supabase Auth user the video belongs to; left out, it is whoever uploaded the source.',
  project: "First segment of the results' keys: letters, digits, _ and -.",
  outputs: 'What to make; left out, what the worker is set to (MEDIA_OUTPUTS).',
  profile: 'Time against quality; left out, as the worker is set to (MEDIA_PROFILE).',
  source: 'The object in Storage to process.',
};

/** The whole file: a JSON Schema of draft 2020-12. */
export function renderPayloadSchema(): string {
  const { $schema, properties = {}, ...rest } = videoProcessPayload.toJSONSchema();
  const described = Object.entries(properties).map(([name, property]) => [
    name,
    { description: DESCRIPTIONS[name], ...(property as object) },
  ]);
  const schema = {
    $schema,
    title: `The data of a job "${VIDEO_PROCESS}" in the queue "${QUEUE_NAME}"`,
    description: 'Written by `npm run docs:payload`. How to send it: docs/producers.md.',
    ...rest,
    properties: Object.fromEntries(described) as object,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
