/** What only deliveries can meet. */
import { type ErrorPolicy, errorsOf } from '@supabase-media/core/errors';

export const WEBHOOK_ERRORS = {
  webhook_failed: {
    retry: 'backoff',
    meaning: 'The receiver of a webhook did not answer, or not with 2xx.',
    hint: 'Retried for a day. Look at the receiver; `media jobs retry` delivers again after that.',
  },
  webhook_refused: {
    retry: 'never',
    meaning: 'The receiver of a webhook refused it for good.',
    hint: 'The receiver is gone (410) or takes no such request: correct it or WEBHOOK_URLS, then `media jobs retry`.',
  },
  webhook_address_unknown: {
    retry: 'never',
    meaning: 'The address of a webhook is not in WEBHOOK_URLS of the worker that took it.',
    hint: 'Nothing to do if it was removed; else give every worker the same WEBHOOK_URLS, then `media jobs retry`.',
  },
  webhook_unproved: {
    retry: 'never',
    meaning: 'The event of a webhook was not made by a worker with one of our WEBHOOK_SECRETS; nothing was sent.',
    hint: 'Nothing to do if a secret was removed before its deliveries had ended; else find out who writes to the queue.',
  },
} as const satisfies Readonly<Record<string, ErrorPolicy>>;

export const webhookError = errorsOf(WEBHOOK_ERRORS);
