/** URLs of resumable uploads, right for the client also behind proxies that say where they stand (X-Forwarded-*). */
import { encodeResumableId } from './resumable-id.ts';
import { requestOf, type TusRequest } from './resumable-request.ts';
import { REFUSALS } from './storage-error.ts';

const PATH = '/upload/resumable';

type HeadedRequest = TusRequest & { readonly headers: Headers; readonly url: string };

/** `<proto>://<host><prefix>/upload/resumable[/sign]/<id>`; X-Forwarded-Prefix replaces the prefix. */
export function makeResumableUrl(
  request: HeadedRequest,
  options: { proto: string; host: string; prefix: string },
): string {
  const { target, signed } = requestOf(request);
  if (!target) throw REFUSALS.internal();
  const prefix = request.headers.get('x-forwarded-prefix')?.replace(/\/+$/, '') ?? options.prefix;
  const host = addPort(options.host, request.headers);
  return `${options.proto}://${host}${prefix}${PATH}${signed ? '/sign' : ''}/${encodeResumableId(target)}`;
}

/** The last segment of an upload's own URL; undefined for the URL that creates uploads. */
export function readResumableId(request: HeadedRequest): string | undefined {
  const segment = new URL(request.url, 'http://stack').pathname.replace(/\/+$/, '').split('/').at(-1);
  return segment === undefined || segment === 'resumable' || segment === 'sign' ? undefined : segment;
}

function addPort(host: string, headers: Headers): string {
  const port = headers.get('x-forwarded-port');
  if (!headers.has('x-forwarded-host') || !port || port === '80' || port === '443') return host;
  return `${host.replace(/:\d+$/, '')}:${port}`;
}
