/** Whoever can write to the queue could otherwise have any object read, and written over. Pure. */
import { createSeal } from '@supabase-media/core/seal';
import type { VideoPartPayload } from './contract.ts';
import { partError } from './errors.ts';

const sealOf = (serviceRoleKey: string) => createSeal(serviceRoleKey, 'part of a video');

/** The payload with its proof, by the key that all workers have. */
export const provePart = (payload: Omit<VideoPartPayload, 'proof'>, serviceRoleKey: string): VideoPartPayload => ({
  ...payload,
  proof: sealOf(serviceRoleKey).sign(payload),
});

/** @throws {MediaError} `part_unproved`. */
export function assertPartProved({ proof, ...payload }: VideoPartPayload, serviceRoleKey: string): void {
  if (!sealOf(serviceRoleKey).isGenuine(payload, proof))
    throw partError({ code: 'part_unproved', message: `Part ${payload.part} was not added by a worker of ours.` });
}
