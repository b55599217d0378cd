import { readFileSync } from 'node:fs';
import { MediaError } from '@supabase-media/core/errors';
import { parse } from 'dotenv';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from './config-variables.ts';
import { loadConfig } from './load-config.ts';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl';

const problemsOf = (environment: Record<string, string>, needs = {}): string => {
  try {
    loadConfig({ environment, needs });
  } catch (error) {
    if (error instanceof MediaError && error.code === 'config_invalid') return error.message;
    throw error;
  }
  return '';
};

describe('the configuration', () => {
  it('has the documented defaults', () => {
    const config = loadConfig({ environment: {} });
    expect(config.upload).toEqual({
      directMaxBytes: 100_000_000,
      chunkBytes: undefined,
      timeoutMs: 600_000,
      stallMs: 60_000,
      connectMs: 10_000,
      answerMs: 60_000,
      stateDir: expect.stringContaining('uploads'),
      maxRetries: 3,
      verify: 'etag',
    });
    expect(config.worker.concurrency).toBe(1);
    expect(config.log).toEqual({ level: 'info', format: 'auto' });
  });

  it('leaves the loudness alone unless it has a target within reach', () => {
    const targetOf = (value: string) => loadConfig({ environment: { MEDIA_LOUDNESS: value } }).media.loudnessLufs;
    expect(['', '-14', '-16.5', '-40', '-5'].map(targetOf)).toEqual([undefined, -14, -16.5, -40, -5]);
    for (const value of ['-4.9', '-41', '14', 'loud']) expect(problemsOf({ MEDIA_LOUDNESS: value })).toMatch(/LUFS/);
  });

  it('accepts a legacy key and a new one, and an address with or without a slash', () => {
    for (const key of [jwt, 'sb_secret_abc-DEF_123']) {
      const environment = { SUPABASE_URL: 'https://ref.supabase.co/', SUPABASE_SERVICE_ROLE_KEY: key };
      const { supabase } = loadConfig({ environment, needs: { supabase: true } });
      expect(supabase).toEqual({ url: 'https://ref.supabase.co', serviceRoleKey: key });
    }
  });

  it('treats an empty value as unset', () => {
    expect(loadConfig({ environment: { UPLOAD_MAX_RETRIES: '', REDIS_URL: ' ' } }).upload.maxRetries).toBe(3);
  });

  it('refuses a percent sign that encodes nothing, and does not show the password', () => {
    const problem = problemsOf({ REDIS_URL: 'redis://:hunter%zz@localhost' });
    expect(problem).toContain('%25 for %');
    expect(problem).not.toContain('hunter');
    expect(problemsOf({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=a%zz' })).toContain('percent-encoded');
  });

  it('reports every problem at once: the variable, the value, what is allowed', () => {
    const message = problemsOf(
      { UPLOAD_TIMEOUT_SECONDS: '10m', WORKER_CONCURRENCY: '0', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://x/y' },
      { supabase: true },
    );
    for (const words of [
      'UPLOAD_TIMEOUT_SECONDS is "10m"; allowed: whole seconds from 1 to 86400',
      'WORKER_CONCURRENCY is "0"',
      'LOG_LEVEL is "loud"',
      'SUPABASE_URL is not set',
      'SUPABASE_SERVICE_ROLE_KEY is not set',
      'DATABASE_URL',
    ])
      expect(message).toContain(words);
  });

  it('prints no secret, not even an invalid one', () => {
    const message = problemsOf({
      SUPABASE_SERVICE_ROLE_KEY: 'hunter2-hunter2',
      REDIS_URL: 'http://user:pa55word@host',
      DATABASE_URL: 'not an address with pa55word',
    });
    expect(message).toContain('SUPABASE_SERVICE_ROLE_KEY');
    expect(message).not.toMatch(/hunter2|pa55word/);
  });

  it('collects every secret it read, for the log to redact', () => {
    const { secrets } = loadConfig({
      environment: { REDIS_URL: 'redis://:pa%2555word@host', SUPABASE_SERVICE_ROLE_KEY: jwt },
    });
    expect(secrets).toEqual(expect.arrayContaining([jwt, 'pa%2555word', 'pa%55word']));
  });
});

describe('.env.example', () => {
  it('names every variable and loads as it stands', () => {
    const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
    for (const name of Object.keys(VARIABLES)) expect(text).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
    expect(() => loadConfig({ environment: parse(text) })).not.toThrow();
  });
});
