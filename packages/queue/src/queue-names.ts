/** The names of the queues. */

/** The queue that all media jobs stand in. */
export const QUEUE_NAME = 'media';

/** The queue of requests to cancel. */
export const CANCEL_QUEUE_NAME = 'media-cancel';
