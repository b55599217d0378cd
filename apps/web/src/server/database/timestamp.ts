/** Timestamps as PostgreSQL writes them. */
import { z } from 'zod';

/** PostgreSQL writes `2026-11-21 06:12:49.863819+00`; in JSON of its own, the same with a T. */
export const timestamp = z
  .string()
  .transform((value) => new Date(value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')))
  .refine((date) => !Number.isNaN(date.getTime()));
