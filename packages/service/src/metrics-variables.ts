/** The environment variables of `/metrics`, `/live` and `/ready`. */
import { z } from 'zod';
import { type VariableTable, wholeNumber } from './settings-table.ts';

export const METRICS_VARIABLES = {
  METRICS_HOST: {
    section: 'Worker',
    allowed: 'an address of this machine',
    default: '127.0.0.1',
    reason:
      'The address that metrics and health endpoints listen on. Use 0.0.0.0 in a container with a private network.',
    schema: z.string().min(1),
  },
  METRICS_PORT: {
    section: 'Worker',
    allowed: 'a whole number from 0 to 65535',
    default: '0',
    reason:
      'The port of /metrics for Prometheus, /live and /ready. 0 disables them; 9464 is usual. Each process on a machine needs its own.',
    schema: wholeNumber(0, 65_535),
  },
} as const satisfies VariableTable;
