/** The client where it lives: in a browser, on a page of another origin than the API and Storage. */
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CHROMIUM_ARGS, findChromium } from '@supabase-media/test-support/browser';
import type { FaultRule } from '@supabase-media/test-support/fault-proxy';
import { SEED } from '@supabase-media/test-support/random';
import { startOwnStack } from '@supabase-media/test-support/stack';
import type { Proof } from '@supabase-media/upload-protocol/decide-proof';
import type { UploadRecord, UploadResult, UploadState } from '@supabase-media/uploader';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientPage, serveClientPage } from './support/browser-page.ts';
import { type ClientLab, openClientLab, type TestFile } from './support/client-lab.ts';

const MIB = 1024 * 1024;
/** What a page may spend on the client, compressed. */
const WEIGHT_MAX = 30_000;
const executablePath = findChromium();

describe.skipIf(executablePath === undefined)(
  executablePath === undefined ? 'the client: skipped, there is no Chromium (apt-get install chromium)' : 'in Chromium',
  () => {
    let lab: ClientLab;
    let file: TestFile;
    let site: ClientPage;
    let profile: string;
    let browser: BrowserContext;
    beforeAll(async () => {
      lab = await openClientLab();
      file = await lab.makeFile({ bytes: 40 * MIB, seed: SEED });
      site = await serveClientPage();
      profile = await mkdtemp(join(tmpdir(), 'client-chromium-'));
      browser = await chromium.launchPersistentContext(profile, {
        executablePath,
        headless: true,
        args: CHROMIUM_ARGS,
      });
    });
    afterEach(() => lab.endTest());
    afterAll(async () => {
      await browser?.close();
      await site?.close();
      await lab?.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    });

    /** A fresh page with the file chosen, and an API that says that Storage is behind the rule's proxy. */
    const open = async (rule: FaultRule) => {
      const storage = await lab.behind(rule);
      const api = await lab.startApi({
        publicUrl: storage.url,
        environment: { WEB_ORIGINS: new URL(site.url).origin },
      });
      const page = await browser.newPage();
      await page.goto(site.url);
      await page.evaluate('localStorage.clear()');
      return { page, storage, api };
    };
    const start = async (page: Page, apiUrl: string, path = file.path): Promise<UploadResult> => {
      await page.locator('input').setInputFiles(path);
      return page.evaluate<UploadResult>(
        `uploadChosen(${JSON.stringify(apiUrl)}, ${JSON.stringify(lab.user.token())})`,
      );
    };

    it('it weighs what a page can bear', () => {
      expect(gzipSync(site.code).length).toBeLessThan(WEIGHT_MAX);
    });

    it('a file goes straight to Storage, and the bar moves', async () => {
      const { page, api } = await open(({ method }) =>
        method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 25 * MIB } : { kind: 'pass' },
      );
      const result = await start(page, api.url);
      expect(result).not.toHaveProperty('error');
      expect(await lab.storedSha256(result.sessionId)).toBe(file.sha256);
      const shown = await page.evaluate<number[]>('shown');
      expect(shown.length).toBeGreaterThan(3);
      expect(shown).toEqual([...shown].sort((a, b) => a - b));
      expect(await page.evaluate('localStorage.length')).toBe(0);
      await page.close();
    });

    it('a gateway whose 413 the browser may not read is recognised', async () => {
      const { page, api } = await open(({ bytes }) =>
        bytes > 2 * MIB ? { kind: 'answer', status: 413, body: '<html>413</html>' } : { kind: 'pass' },
      );
      const result = await start(page, api.url);
      expect(result).not.toHaveProperty('error');
      expect(await lab.storedSha256(result.sessionId)).toBe(file.sha256);
      await page.close();
    });

    it('a Storage that the page may not speak to is gone around', async () => {
      const { page, api } = await open(() => ({
        kind: 'rewrite-headers',
        headers: { 'access-control-allow-origin': 'https://elsewhere.example' },
      }));
      const result = await start(page, api.url);
      expect(result).not.toHaveProperty('error');
      expect(await lab.storedSha256(result.sessionId)).toBe(file.sha256);
      await page.close();
    });

    const expectNoticed = async (verified: Proof) => {
      let flipped = 0;
      const { page, api } = await open(({ method, bytes }) =>
        method === 'PATCH' && bytes > 1000 && flipped++ === 2 ? { kind: 'flip-bit', at: 1000 } : { kind: 'pass' },
      );
      const result = await start(page, api.url);
      expect(result).toMatchObject({ verified });
      expect(await lab.storedSha256(result.sessionId)).toBe(file.sha256);
      const states = await page.evaluate<UploadState[]>('states');
      expect(states.map(({ name }) => name)).toContain('waiting');
      await page.close();
    };

    it('a bit that turns on the way is noticed, and the file sent again', { timeout: 60_000 }, () =>
      expectNoticed('md5'),
    );

    it('a second tab with the same file has an upload of its own', async () => {
      const { page, api } = await open(({ method }) =>
        method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 20 * MIB } : { kind: 'pass' },
      );
      const other = await browser.newPage();
      await other.goto(site.url);
      const first = start(page, api.url);
      await page.waitForFunction(`globalThis.shown?.at(-1) > ${5 * MIB}`);
      const results = await Promise.all([first, start(other, api.url)]);
      expect(results[0].sessionId).not.toBe(results[1].sessionId);
      for (const { sessionId } of results) expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
      await page.close();
      await other.close();
    });

    it('a second tab neither offers nor ends what the first one sends, until that is closed', async () => {
      const { page, api } = await open(({ method }) =>
        method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 5 * MIB } : { kind: 'pass' },
      );
      void start(page, api.url).catch(() => {});
      await page.waitForFunction(`globalThis.shown?.at(-1) > ${5 * MIB}`);
      const other = await browser.newPage();
      await other.goto(site.url);
      const who = `${JSON.stringify(api.url)}, ${JSON.stringify(lab.user.token())}`;
      const list = () => other.evaluate<UploadRecord[]>(`listUnfinished(${who})`);
      expect(await list()).toEqual([]);
      const sessionId = await other.evaluate<string>(`discardAll(${who})`);
      const standing = () => lab.rows(`upload_sessions?id=eq.${sessionId}&select=state`);
      expect(await standing()).toEqual([{ state: 'open' }]);

      await page.close();
      await expect.poll(list).toMatchObject([{ sessionId, fileName: file.source.name }]);
      await other.evaluate(`discardAll(${who})`);
      expect(await list()).toEqual([]);
      expect(await standing()).toEqual([{ state: 'canceled' }]);
      await other.close();
    });

    it.each([
      ['changed', (path: string) => appendFile(path, 'more')],
      ['deleted', (path: string) => rm(path)],
    ])(
      'a file that is %s while it is sent is told apart from a network that breaks',
      { timeout: 30_000 },
      async (_how, spoil) => {
        const { page, api } = await open(({ method }) =>
          method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 8 * MIB } : { kind: 'pass' },
        );
        const own = await lab.makeFile({ bytes: 40 * MIB, seed: SEED });
        const result = start(page, api.url, own.path);
        await page.waitForFunction(`globalThis.shown?.at(-1) > ${2 * MIB}`);
        await spoil(own.path);
        expect(await result).toEqual({ error: expect.stringContaining('The file can no longer be read.') });
        const states = await page.evaluate<UploadState[]>('states');
        expect(states.map(({ name }) => name)).not.toContain('waiting');
        await page.close();
      },
    );

    it('a reload in the middle goes on where it was', async () => {
      const { page, api, storage } = await open(({ method }) =>
        method === 'PATCH' ? { kind: 'throttle', bytesPerSecond: 10 * MIB } : { kind: 'pass' },
      );
      void start(page, api.url).catch(() => {});
      await page.waitForFunction(`globalThis.shown?.at(-1) > ${15 * MIB}`);
      await page.reload();
      const created = storage.seen.filter((line) => line.startsWith('POST')).length;
      const result = await start(page, api.url);
      expect(result).not.toHaveProperty('error');
      const states = await page.evaluate<UploadState[]>('states');
      const uploading = states.find((state) => state.name === 'uploading');
      expect(uploading?.name === 'uploading' && uploading.resumedFrom).toBeGreaterThan(5 * MIB);
      expect(storage.seen.filter((line) => line.startsWith('POST')).length).toBe(created);
      expect(await lab.storedSha256(result.sessionId)).toBe(file.sha256);
      await page.close();
    });

    describe('to a Storage that keeps objects in S3', () => {
      const ofFiles: { lab?: ClientLab; file?: TestFile } = {};
      let stop: () => Promise<void>;
      beforeAll(async () => {
        Object.assign(ofFiles, { lab, file });
        stop = await startOwnStack(['--backend', 's3']);
        lab = await openClientLab();
        file = await lab.makeFile({ bytes: 40 * MIB, seed: SEED });
      });
      afterAll(async () => {
        if (lab !== ofFiles.lab) await lab.close();
        await stop?.();
        lab = ofFiles.lab ?? lab;
        file = ofFiles.file ?? file;
      });

      it('a bit that turns on the way is noticed, and the file sent again', { timeout: 60_000 }, () =>
        expectNoticed('multipart-etag'),
      );
    });
  },
);
