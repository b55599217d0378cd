/** What a store says as the ETag of a body that it took in one request: computed while the bytes arrive. */
import { createHash, type Hash } from 'node:crypto';

/** Takes the bytes of one body, piece by piece. */
export interface BodyDigest {
  /** @throws StorageError when a part is full and the store is away */
  update(bytes: Buffer): void;
  /** The ETag without its quotes, once; nothing may be added after. @throws StorageError when the store is away */
  eTag(): string;
}

/** The file backend: the MD5 of the whole body in hexadecimal. */
export function createWholeDigest(): BodyDigest {
  const hash = createHash('md5');
  return { update: (bytes) => void hash.update(bytes), eTag: () => hash.digest('hex') };
}

/**
 * The S3 backend: a body up to `partSize` bytes is put as one object, whose ETag is its MD5; a longer one goes in parts of
 * that size (Upload of @aws-sdk/lib-storage). A body of exactly `partSize` bytes is still one object.
 *
 * @param reach called before each part is given to the store; throws when it is away.
 */
export function createPartsDigest(partSize: number, reach: () => void): BodyDigest {
  const parts: Buffer[] = [];
  let hash = createHash('md5');
  let size = 0;
  return {
    update: (bytes) => {
      for (let rest = bytes; rest.length > 0; ) {
        // A part is given away when a byte follows it.
        if (size === partSize) {
          reach();
          parts.push(hash.digest());
          hash = createHash('md5');
          size = 0;
        }
        const piece = rest.subarray(0, partSize - size);
        hash.update(piece);
        size += piece.length;
        rest = rest.subarray(piece.length);
      }
    },
    eTag: () => {
      reach();
      return parts.length === 0 ? hash.digest('hex') : multipartETag([...parts, hash.digest()]);
    },
  };
}

/** The ETag of a multipart object: the MD5 of its parts' binary MD5s, and their number. */
export function multipartETag(digests: readonly Buffer[]): string {
  const hash: Hash = createHash('md5');
  for (const digest of digests) hash.update(digest);
  return `${hash.digest('hex')}-${digests.length}`;
}
