/** `/api/videos`: the videos of uploads. */

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorBody } from '../../contract/error-body.ts';
import {
  canceledVideo,
  deletedVideo,
  listVideosQuery,
  renameVideoRequest,
  retriedVideo,
  video,
  videoList,
} from '../../contract/videos.ts';
import { sendEvents } from '../videos/send-events.ts';
import {
  cancelOwnVideo,
  deleteVideo,
  findVideo,
  listVideos,
  readVideo,
  renameVideo,
  retryVideo,
  type VideoServices,
} from '../videos/video-actions.ts';
import type { VideoWatch } from '../videos/video-watch.ts';
import { userOf } from './authenticate.ts';
import { allowSilence } from './body-timeout.ts';

const tags = ['videos'];
const params = z.object({ id: z.guid() });
const refused = { '4xx': errorBody, '5xx': errorBody };

export interface VideoRoutesOptions {
  readonly services: VideoServices;
  readonly watch: VideoWatch;
  /** Takes a slot for a user's event stream. */
  readonly takeListenerSlot: (userId: string) => () => void;
  readonly signal: AbortSignal;
}

/** Event ids are times in milliseconds; anything else is ignored. */
const readLastEventId = (header: string | string[] | undefined): number | undefined =>
  typeof header === 'string' && /^\d{1,16}$/.test(header) ? Number(header) : undefined;

export const videoRoutes: FastifyPluginAsyncZod<VideoRoutesOptions> = async (app, options) => {
  const { services } = options;
  app.get(
    '',
    {
      schema: { tags, summary: 'List videos', querystring: listVideosQuery, response: { 200: videoList, ...refused } },
    },
    (request) => listVideos(services, userOf(request), request.query),
  );
  app.get(
    '/:id',
    {
      schema: {
        tags,
        summary: 'Show a video with addresses of its results',
        params,
        response: { 200: video, ...refused },
      },
    },
    (request) => readVideo(services, userOf(request), request.params.id),
  );
  app.patch(
    '/:id',
    {
      schema: {
        tags,
        summary: 'Name a video',
        description: 'The answer has no addresses of its results.',
        params,
        body: renameVideoRequest,
        response: { 200: video, ...refused },
      },
    },
    (request) => renameVideo(services, userOf(request), request.params.id, request.body.title),
  );
  app.post(
    '/:id/retry',
    { schema: { tags, summary: 'Retry a video', params, response: { 200: retriedVideo, ...refused } } },
    (request) => retryVideo(services, userOf(request), request.params.id),
  );
  app.post(
    '/:id/cancel',
    { schema: { tags, summary: 'Cancel a video', params, response: { 200: canceledVideo, ...refused } } },
    (request) => cancelOwnVideo(services, userOf(request), request.params.id),
  );
  app.delete(
    '/:id',
    { schema: { tags, summary: 'Delete a video', params, response: { 200: deletedVideo, ...refused } } },
    (request) => {
      // Deleting many files takes a while; each request to Storage has its own timeouts.
      allowSilence(request.raw);
      return deleteVideo(services, userOf(request), request.params.id);
    },
  );
  app.get(
    '/:id/events',
    {
      schema: {
        tags,
        summary: 'Follow a video',
        description:
          'Server-sent events: `progress` (VideoProgressEvent) until `ended` (VideoEndedEvent). Ids ascend; Last-Event-ID resumes. The stream ends without `ended` when the sign-in expires: reconnect with a new token.',
        params,
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const giveBack = options.takeListenerSlot(user.id);
      try {
        await findVideo(services.videos, user, request.params.id);
        reply.hijack();
        await sendEvents({
          watch: options.watch,
          user,
          videoId: request.params.id,
          response: reply.raw,
          lastEventId: readLastEventId(request.headers['last-event-id']),
          headers: corsHeadersOf(reply.getHeaders()),
          signal: options.signal,
        });
      } finally {
        giveBack();
      }
    },
  );
};

/** The headers that hooks have set; a hijacked reply does not send them automatically. */
function corsHeadersOf(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && /^(access-control-|vary)/.test(entry[0]),
    ),
  );
}
