/** The one shape that every error of the API has. */
import { z } from 'zod';
import { API_ERRORS, type ApiErrorCode } from './errors.ts';

const codes = Object.keys(API_ERRORS) as [ApiErrorCode, ...ApiErrorCode[]];

export const errorBody = z
  .object({
    error: z.object({
      code: z.enum(codes),
      message: z.string().describe('What happened, with the numbers.'),
      action: z.string().describe('What the person can do next.'),
      details: z
        .record(z.string(), z.unknown())
        .optional()
        .describe('Numbers and names of the case: sizes in bytes, times in seconds.'),
    }),
  })
  .meta({ id: 'Error' });

export type ErrorBody = z.infer<typeof errorBody>;
