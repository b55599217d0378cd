import { describe, expect, it } from 'vitest';
import { planSsl, toSslOption, withoutSsl } from './ssl-plan.ts';

const HOST = 'postgres://me:secret@db.example.com:5432/x';

describe('what an address says of encryption', () => {
  it.each<[string, string[], string]>([
    ['', ['offered', 'never'], 'none'],
    ['?sslmode=prefer', ['offered', 'never'], 'none'],
    ['?sslmode=disable', ['never'], 'none'],
    ['?sslmode=allow', ['never', 'always'], 'none'],
    ['?sslmode=require', ['always'], 'none'],
    ['?sslmode=require&sslrootcert=/ca.pem', ['always'], 'authority'],
    ['?sslmode=verify-ca&sslrootcert=/ca.pem', ['always'], 'authority'],
    ['?sslmode=verify-full', ['always'], 'host'],
    ['?sslmode=verify-full&sslrootcert=/ca.pem', ['always'], 'host'],
    ['?sslrootcert=system', ['always'], 'host'],
    ['?sslmode=prefer&sslrootcert=/ca.pem', ['offered', 'never'], 'none'],
    ['?sslmode=require&uselibpqcompat=true', ['always'], 'none'],
    ['?sslmode=no-verify', ['always'], 'none'],
    ['?ssl=true', ['always'], 'none'],
    ['?ssl=false', ['never'], 'none'],
    ['?host=/var/run/postgresql&sslmode=require', ['never'], 'none'],
  ])('%s', (parameters, attempts, check) => {
    expect(planSsl(HOST + parameters)).toMatchObject({ attempts, check });
  });

  it.each([
    ['?sslmode=verify-ca', 'sslrootcert=FILE'],
    ['?sslmode=on', 'none of disable, allow'],
    ['?sslmode=require&sslrootcert=system', 'sslmode=verify-full'],
    ['?sslnegotiation=direct', 'sslmode=require or more'],
  ])('%s is refused', (parameters, words) => {
    expect(() => planSsl(HOST + parameters)).toThrow(words);
  });

  it('is taken out of the address, and nothing else', () => {
    expect(withoutSsl(`${HOST}?sslmode=require&ssl=true&sslrootcert=%2Fca.pem&options=-c%20a%3Db`)).toBe(
      `${HOST}?options=-c+a%3Db`,
    );
  });
});

describe("the driver's option", () => {
  it('checks nothing, the authority, or the host as well', () => {
    const of = (parameters: string) => toSslOption(planSsl(HOST + parameters), { rootCertificate: 'PEM' });
    expect(of('?sslmode=require')).toEqual({ rejectUnauthorized: false });
    const authority = of('?sslmode=verify-ca&sslrootcert=/ca.pem');
    expect(authority).toMatchObject({ rejectUnauthorized: true, ca: 'PEM' });
    expect(authority.checkServerIdentity?.('other.example.com', {} as never)).toBeUndefined();
    expect(of('?sslmode=verify-full&sslrootcert=/ca.pem')).toEqual({ rejectUnauthorized: true, ca: 'PEM' });
  });
});
