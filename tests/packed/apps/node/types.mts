/** Types of ours, checked with everything that they need. */
export type { EnqueueVideoRequest, QueueClient } from '@supabase-media/client';
