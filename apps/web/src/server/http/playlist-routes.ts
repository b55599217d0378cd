/** `/api/videos/:id/hls`: playlists whose segments are signed addresses at Storage. */

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorBody } from '../../contract/error-body.ts';
import { type PlaylistServices, presentMaster, presentRendition } from '../videos/present-playlist.ts';
import { userOf } from './authenticate.ts';

const tags = ['videos'];
const params = z.object({ id: z.guid() });
const renditionParams = z.object({
  id: z.guid(),
  rendition: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/),
  name: z.string().regex(/^[A-Za-z0-9_-]{1,32}\.m3u8$/),
});
const refused = { '4xx': errorBody, '5xx': errorBody };

/** RFC 8216, section 4. */
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

export const playlistRoutes: FastifyPluginAsyncZod<{ readonly services: PlaylistServices }> = async (
  app,
  { services },
) => {
  app.get(
    '/:id/hls/master.m3u8',
    {
      schema: {
        tags,
        summary: 'The HLS master playlist',
        description: 'For players that authenticate playlist requests; segments come from Storage by signed addresses.',
        params,
        response: { 200: z.string(), ...refused },
      },
    },
    async (request, reply) => {
      const playlist = await presentMaster(services, userOf(request), request.params.id);
      return reply.type(PLAYLIST_TYPE).send(playlist);
    },
  );
  app.get(
    '/:id/hls/:rendition/:name',
    {
      schema: {
        tags,
        summary: 'The HLS playlist of a rendition',
        description:
          'Every segment is a signed address. They expire after RESULT_URL_SECONDS, at the time in a comment of the playlist; request it again for new ones.',
        params: renditionParams,
        response: { 200: z.string(), ...refused },
      },
    },
    async (request, reply) => {
      const { id, rendition, name } = request.params;
      const playlist = await presentRendition(services, userOf(request), { videoId: id, rendition, name });
      return reply.type(PLAYLIST_TYPE).send(playlist);
    },
  );
};
