/** `/api/uploads`: the session API. */

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorBody } from '../../contract/error-body.ts';
import {
  canceledUpload,
  completedUpload,
  completeUploadRequest,
  createUploadRequest,
  listUploadsQuery,
  openUpload,
  reportProgressRequest,
  resumeUploadRequest,
  upload,
  uploadList,
} from '../../contract/uploads.ts';
import { cancelUploadSession } from '../uploads/cancel-upload.ts';
import { completeUploadSession } from '../uploads/complete-upload.ts';
import { createUploadSession } from '../uploads/create-upload.ts';
import { assertUnfinished, findSession } from '../uploads/find-session.ts';
import { presentUpload } from '../uploads/present-upload.ts';
import { readUpload } from '../uploads/read-upload.ts';
import { resumeUploadSession } from '../uploads/resume-upload.ts';
import type { UploadServices } from '../uploads/services.ts';
import { userOf } from './authenticate.ts';
import { allowSilence } from './body-timeout.ts';

const tags = ['uploads'];
const params = z.object({ id: z.guid() });
const refused = { '4xx': errorBody, '5xx': errorBody };

export interface UploadRoutesOptions {
  readonly services: UploadServices;
  readonly signal: AbortSignal;
}

export const uploadRoutes: FastifyPluginAsyncZod<UploadRoutesOptions> = async (app, { services, signal }) => {
  app.post(
    '',
    {
      schema: {
        tags,
        summary: 'Create an upload',
        body: createUploadRequest,
        response: { 201: openUpload, ...refused },
      },
    },
    async (request, reply) => reply.code(201).send(await createUploadSession(services, userOf(request), request.body)),
  );

  app.get(
    '',
    {
      schema: {
        tags,
        summary: 'List uploads',
        querystring: listUploadsQuery,
        response: { 200: uploadList, ...refused },
      },
    },
    async (request) => {
      const sessions = await services.sessions.list(userOf(request), request.query.state);
      return { uploads: sessions.map((session) => presentUpload(session, Date.now())) };
    },
  );

  app.get(
    '/:id',
    { schema: { tags, summary: 'Show an upload', params, response: { 200: upload, ...refused } } },
    (request) => readUpload(services, userOf(request), request.params.id),
  );

  app.post(
    '/:id/resume',
    {
      schema: {
        tags,
        summary: 'Resume an upload',
        params,
        body: resumeUploadRequest.nullish(),
        response: { 200: openUpload, ...refused },
      },
    },
    (request) => {
      const { abandon } = request.body ?? {};
      return resumeUploadSession(services, { user: userOf(request), id: request.params.id, abandon });
    },
  );

  app.put(
    '/:id/progress',
    {
      schema: {
        tags,
        summary: 'Report progress of a direct upload',
        params,
        body: reportProgressRequest,
        response: { 204: z.null(), ...refused },
      },
    },
    async (request, reply) => {
      const session = await findSession(services.sessions, userOf(request), request.params.id);
      assertUnfinished(session, Date.now());
      await services.sessions.confirm(session.id, Math.min(request.body.confirmedBytes, session.size));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/:id/complete',
    {
      schema: {
        tags,
        summary: 'Verify an upload and enqueue it',
        params,
        body: completeUploadRequest.nullish(),
        response: { 200: completedUpload, ...refused },
      },
    },
    (request) => {
      // Verification may read the whole object; INTAKE_PROVE_SECONDS limits it.
      allowSilence(request.raw);
      return completeUploadSession(services, {
        user: userOf(request),
        id: request.params.id,
        digests: request.body?.digests,
        signal,
      });
    },
  );

  app.delete(
    '/:id',
    { schema: { tags, summary: 'Cancel an upload', params, response: { 200: canceledUpload, ...refused } } },
    (request) => cancelUploadSession(services, userOf(request), request.params.id),
  );
};
