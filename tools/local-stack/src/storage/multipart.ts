/** Reads multipart/form-data up to its file, which is then a stream: nothing of it is kept in memory. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { refuseRequest } from './storage-error.ts';

export interface UploadForm {
  /** Ends early, and quietly, when the file is longer than the limit. */
  readonly file: Readable;
  readonly mimeType: string;
  /** The fields that came before the file. */
  readonly fields: ReadonlyMap<string, string>;
  readonly isTruncated: () => boolean;
}

/**
 * @param limit largest file in bytes
 * @throws StorageError InvalidRequest when there is no file in the form, or it is no form
 */
export function readForm(request: IncomingMessage, limit: number): Promise<UploadForm> {
  return new Promise((resolve, reject) => {
    const contentType = request.headers['content-type'] ?? '';
    const refuse = (error: unknown): void => reject(refuseRequest(error instanceof Error ? error.message : 'No file'));
    try {
      const parser = new Busboy({
        headers: { 'content-type': contentType },
        limits: { fields: 10, files: 1, fieldSize: 2 * 1024 * 1024, fileSize: limit },
      });
      const fields = new Map<string, string>();
      let file: BusboyFileStream | undefined;
      parser.on('field', (name, value) => fields.set(name, value));
      parser.on('file', (_name, stream, _filename, _encoding, mimeType) => {
        file = stream;
        resolve({ file: stream, mimeType, fields, isTruncated: () => stream.truncated });
      });
      parser.once('finish', () => refuse(new Error('No content provided')));
      parser.once('error', (error) => {
        refuse(error);
        file?.destroy(error instanceof Error ? error : new Error('The form is broken.'));
      });
      request.once('close', () => {
        if (request.readableEnded) return;
        const error = new Error('The request ended before its body did.');
        refuse(error);
        file?.destroy(error);
      });
      request.pipe(parser);
    } catch (error) {
      refuse(error);
    }
  });
}
