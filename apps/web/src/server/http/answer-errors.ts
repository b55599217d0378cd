/** Sends every error in the contract's format; the message of an unexpected error only goes to the log. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ApiError, toApiError } from '../api-error.ts';

/** Sets the handlers on the whole application. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | Error, request, reply) => sendError(toAnswer(error), request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendError(
      new ApiError({ code: 'not_found', message: `There is no ${request.method} ${request.url.split('?')[0]}.` }),
      request,
      reply,
    ),
  );
}

function sendError(error: ApiError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.httpStatus >= 500)
    request.log.error({ event: 'request.failed', code: error.code, err: error }, error.message);
  else request.log.info({ event: 'request.refused', code: error.code }, error.message);
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
  if (error.httpStatus === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(error.httpStatus).type('application/json').send(error.toBody());
}

/** Errors of Fastify (malformed JSON, a body too large) and of the schemas are invalid requests. */
function toAnswer(error: FastifyError | Error): ApiError {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map(({ instancePath, message }) => `${instancePath || '/'}: ${message}`);
    return new ApiError({
      code: 'invalid_request',
      message: `The request is invalid: ${problems.slice(0, 5).join('; ')}.`,
      details: { problems: problems.slice(0, 20) },
    });
  }
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (!(error instanceof ApiError) && status !== undefined && status >= 400 && status < 500)
    return new ApiError({
      code: 'invalid_request',
      message: error.message,
      details: { httpStatus: status },
      cause: error,
    });
  return toApiError(error);
}
