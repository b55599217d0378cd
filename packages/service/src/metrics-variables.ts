/** The environment variables of `/metrics`, `/live` and `/ready`; a part of the table in `config-variables.ts`. */
import { z } from 'zod';
import { type VariableTable, wholeNumber } from './settings-table.ts';

export const METRICS_VARIABLES = {
  METRICS_HOST: {
    section: 'Worker',
    allowed: 'an address of this machine',
    default: '127.0.0.1',
    reason: 'Where metrics and health are served. 0.0.0.0 in a container, whose network keeps strangers out.',
    schema: z.string().min(1),
  },
  METRICS_PORT: {
    section: 'Worker',
    allowed: 'a whole number from 0 to 65535',
    default: '0',
    reason:
      'Serves /metrics for Prometheus, /live and /ready. 0 serves none; 9464 is usual. Processes on one machine need one each.',
    schema: wholeNumber(0, 65_535),
  },
} as const satisfies VariableTable;
