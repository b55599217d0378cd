/** The intake's check of the address that browsers are given, which may be another than its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openStackStorage, stackValue } from '@supabase-media/test-support/stack';
import { describe, expect, it } from 'vitest';
import { checkIntake } from '../src/server/check-intake.ts';
import { closedPort } from './support/closed-port.ts';
import { ownConfig } from './support/own-server.ts';

/** The findings of the intake's own part. */
async function findingsFor(publicUrl: string): Promise<readonly string[]> {
  const connection = openStackStorage();
  try {
    const config = await ownConfig({ SUPABASE_PUBLIC_URL: publicUrl });
    const findings = await checkIntake(config, connection, AbortSignal.timeout(50_000));
    return findings.filter(({ check }) => check === 'intake').map(({ code, message }) => `${code}: ${message}`);
  } finally {
    await connection.close();
  }
}

describe('the address for browsers', () => {
  it('is not asked where it is the own one, and is all right where Storage answers there', async () => {
    const own = stackValue('SUPABASE_URL');
    expect(await findingsFor(own)).toEqual(['ok: Tokens of users can be verified.']);
    // The same server by another name.
    const other = new URL(own);
    other.hostname = 'localhost';
    expect(await findingsFor(other.origin)).toContain('ok: Storage answers at SUPABASE_PUBLIC_URL.');
  });

  it('is found to be unreachable where nobody listens, with what was measured', async () => {
    const url = await closedPort();
    const found = (await findingsFor(url)).filter((line) => line.startsWith('public_url_unreachable'));
    expect(found).toEqual([expect.stringMatching(/^public_url_unreachable: storage_unreachable: \S/)]);
  });

  it('is found to be another server where that is not Storage', async () => {
    const server = createServer((_request, response) => response.end('<html>a parking page</html>'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const found = (await findingsFor(url)).filter((line) => line.startsWith('public_url_unreachable'));
      expect(found).toEqual([expect.stringMatching(/^public_url_unreachable: storage_not_supabase: \S/)]);
    } finally {
      server.close();
      await once(server, 'close');
    }
  });
});
