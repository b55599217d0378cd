/** Options of every Supabase client. */

/** On Node 20 the client does not start without a WebSocket class. Nothing uses Realtime, so this one never connects. */
class NoWebSocket {
  constructor() {
    throw new Error('The worker does not use Realtime.');
  }
}

/** Keeps no session, because the key is the service role's. */
export const SUPABASE_OPTIONS = {
  auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  realtime: { transport: NoWebSocket as never },
};
