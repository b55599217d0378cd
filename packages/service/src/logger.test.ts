import { describe, expect, it } from 'vitest';
import { createLogger, type Log } from './logger.ts';
import { readVariables } from './settings-table.ts';
import { LOG_VARIABLES, QUEUE_VARIABLES, SUPABASE_VARIABLES } from './shared-variables.ts';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl';

async function logWith(format: string, use: (log: Log) => void): Promise<string> {
  const { get, secrets } = readVariables(
    { ...SUPABASE_VARIABLES, ...QUEUE_VARIABLES, ...LOG_VARIABLES },
    {
      LOG_FORMAT: format,
      DATABASE_URL: 'postgres://worker:p%40ssw0rd@db:5432/x',
      SUPABASE_SERVICE_ROLE_KEY: jwt,
    },
  );
  const config = { log: { level: get('LOG_LEVEL'), format: get('LOG_FORMAT') }, secrets };
  let written = '';
  use(await createLogger({ config, isTerminal: false, write: (line) => (written += line) }));
  return written;
}

describe.each(['json', 'pretty'])('the %s log', (format) => {
  it('redacts keys and passwords wherever they appear', async () => {
    const written = await logWith(format, (log) => {
      log.info({ headers: { authorization: `Bearer ${jwt}` } }, `connecting with ${jwt}`);
      log.error(new Error('cannot reach postgres://worker:p%40ssw0rd@db:5432/x as p@ssw0rd'));
      log.warn({ url: 'https://x.supabase.co/storage/v1/object/sign/b/p?token=abc.def.ghi&download=1' }, 'signed');
    });
    expect(written).toContain('[redacted]');
    for (const secret of [jwt, 'p%40ssw0rd', 'p@ssw0rd', 'abc.def.ghi']) expect(written).not.toContain(secret);
  });

  it('ends every line', async () => {
    expect((await logWith(format, (log) => log.info('one'))).endsWith('\n')).toBe(true);
  });
});
