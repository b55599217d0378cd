/** `/api/videos/:id/captions`: captions for a finished video. */
import { MAX_CAPTIONS_BYTES } from '@supabase-media/media/captions';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorBody } from '../../contract/error-body.ts';
import { video } from '../../contract/videos.ts';
import { ApiError } from '../api-error.ts';
import { addVideoCaptions } from '../videos/add-captions.ts';
import type { VideoServices } from '../videos/video-actions.ts';
import { userOf } from './authenticate.ts';

const params = z.object({ id: z.guid(), language: z.string().min(2).max(12) });

/** What browsers and curl call such a file. */
const TYPES = ['text/vtt', 'application/x-subrip', 'text/srt', 'text/plain', 'application/octet-stream'];

/** A body beyond ends the connection, before most clients read why; up to here it is read and told so. */
const BODY_MAX_BYTES = 2 * MAX_CAPTIONS_BYTES;

export const captionsRoutes: FastifyPluginAsyncZod<{ readonly services: VideoServices }> = async (
  app,
  { services },
) => {
  app.addContentTypeParser(TYPES, { parseAs: 'buffer', bodyLimit: BODY_MAX_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  app.put(
    '/:id/captions/:language',
    {
      bodyLimit: BODY_MAX_BYTES,
      schema: {
        tags: ['videos'],
        summary: 'Add captions to a video, or replace those in the same language',
        description: `The body is a SubRip (.srt) or WebVTT (.vtt) file in UTF-8, as text/vtt or application/x-subrip, of at most ${MAX_CAPTIONS_BYTES} bytes; the language a tag of BCP 47, as en or pt-BR. The video must be ready.`,
        consumes: TYPES,
        params,
        response: { 200: video, '4xx': errorBody, '5xx': errorBody },
      },
    },
    (request) => {
      const { id, language } = request.params;
      if (!Buffer.isBuffer(request.body) || request.body.length === 0)
        throw new ApiError({ code: 'invalid_request', message: 'The body must be a SubRip or WebVTT file.' });
      return addVideoCaptions(services, userOf(request), { videoId: id, language, content: request.body });
    },
  );
};
