/** Options that every Supabase client of the worker is made with. */

/** On Node 20 the client refuses to start without a WebSocket; nothing here listens to Realtime, so it gets none that works. */
class NoWebSocket {
  constructor() {
    throw new Error('The worker does not use Realtime.');
  }
}

/** No session is kept: the key is the service role's. */
export const SUPABASE_OPTIONS = {
  auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  realtime: { transport: NoWebSocket as never },
};
