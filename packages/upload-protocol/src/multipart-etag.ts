/**
 * The ETag that S3 gives an object of several parts: the MD5 of the parts' MD5s, then a dash and their number. Storage
 * with an S3 backend cuts every body into parts of sizes that are known, so the ETag can be made from the file and proves
 * its bytes as an MD5 does. Pure; the caller brings the MD5, since browsers have none.
 *
 * The sizes were measured on Storage 1.11.2: six objects of 79 MB to 2 GB had the ETags that are made here.
 */

const MIB = 1024 * 1024;

/** Parts of bodies of one request over REST, signed uploads included, in bytes. */
export const REST_PART_BYTES = 16 * MIB;

/** Parts of one PATCH of a resumable upload (TUS_PART_SIZE of the server), in bytes. */
export const TUS_PART_BYTES = 50 * MIB;

/** S3 takes no smaller part but the last; what a PATCH leaves below it is put in front of the next; in bytes. */
export const LEAST_PART_BYTES = 5 * MIB;

/** Sizes that other servers and versions cut into, tried where the number of parts fits; in bytes. */
const OTHER_PART_BYTES: readonly number[] = [LEAST_PART_BYTES, 8 * MIB, REST_PART_BYTES, TUS_PART_BYTES];

/** What an ETag says: of the content in one piece, of parts, or nothing that can be compared. */
export type EtagForm =
  | { readonly form: 'md5'; readonly md5: string }
  | { readonly form: 'multipart'; readonly etag: string; readonly parts: number }
  | { readonly form: 'other' };

/** Reads an ETag, with or without quotes and the mark of a weak one. */
export function readEtag(etag: string | undefined): EtagForm {
  const bare = bareEtag(etag ?? '').toLowerCase();
  const match = /^([0-9a-f]{32})(?:-([1-9]\d{0,4}))?$/.exec(bare);
  if (match === null) return { form: 'other' };
  return match[2] === undefined
    ? { form: 'md5', md5: bare }
    : { form: 'multipart', etag: bare, parts: Number(match[2]) };
}

/** An ETag without quotes and without the mark that a gateway adds when it touches an answer. */
export const bareEtag = (etag: string): string => etag.replace(/^W\//, '').replaceAll('"', '');

/** The ends of the parts of one object, in bytes: ascending, the last one its size. */
export type PartEnds = readonly number[];

/** How a file of this size was sent. */
export interface SentBody {
  /** In bytes. */
  readonly size: number;
  readonly route: 'rest' | 'resumable';
  /** Where requests of a resumable upload ended, as Storage acknowledged them: ascending, without 0 and the size. */
  readonly requestEnds?: readonly number[];
}

/** The parts into which Storage cuts a body, as measured. */
export const expectedPartEnds = (sent: SentBody): PartEnds =>
  partEndsOf(sent, sent.route === 'rest' ? REST_PART_BYTES : TUS_PART_BYTES);

/**
 * All ways to cut a body that are known and give so many parts. Of few parts there are more ways than one; the ETag says
 * which it was.
 */
export function candidatePartEnds(sent: SentBody, parts: number): PartEnds[] {
  const ends = [expectedPartEnds(sent), ...OTHER_PART_BYTES.map((bytes) => partEndsOf(sent, bytes))];
  if (sent.route === 'resumable') ends.push([...(sent.requestEnds ?? []), sent.size]);
  const unique = new Map(ends.map((candidate) => [candidate.join(), candidate]));
  return [...unique.values()].filter(({ length }) => length === parts);
}

function partEndsOf({ size, route, requestEnds = [] }: SentBody, partBytes: number): PartEnds {
  const { ends, endRequest } = growPartEnds(size, partBytes);
  for (const end of route === 'rest' ? [size] : [...requestEnds, size]) endRequest(end);
  return ends;
}

/** The parts of an upload that is still being sent. */
export interface GrowingPartEnds {
  /** Those that are certain so far: it grows, and may be handed to {@link createEtagDigest} meanwhile. */
  readonly ends: PartEnds;
  /** A request ended there, in bytes, as Storage acknowledged it: ascending. */
  readonly endRequest: (end: number) => void;
}

/** Begins to count the parts of a resumable upload; before a digest is taken up to a byte its request has ended. */
export function growPartEnds(size: number, partBytes = TUS_PART_BYTES): GrowingPartEnds {
  const ends: number[] = [];
  let start = 0;
  return {
    ends,
    endRequest: (end) => {
      for (; end - start > partBytes; start += partBytes) ends.push(start + partBytes);
      // Too small for a part of its own: Storage keeps it and puts it in front of what comes next.
      if (end < size && end - start < LEAST_PART_BYTES) return;
      ends.push(end);
      start = end;
    },
  };
}

/** One MD5 being taken. */
export interface Md5 {
  readonly update: (bytes: Uint8Array) => unknown;
  /** The 16 bytes; it is used no further. */
  readonly digest: () => Uint8Array;
}

/** Takes several digests of one content in a single pass. */
export interface EtagDigest {
  /** Takes the next bytes, in order. */
  readonly update: (bytes: Uint8Array) => void;
  /** The ETags in the order of the layouts; that of the content in one piece for `whole`. Once, after the last byte. */
  readonly digest: () => string[];
}

/** One piece, as a single request to S3 or the file backend stores it. */
export const WHOLE = 'whole';

/**
 * Begins to take the ETags of a content that was stored in one piece, or in parts that end there.
 *
 * @param createMd5 called again for each part, once the one before has been digested.
 */
export function createEtagDigest(layouts: readonly (PartEnds | typeof WHOLE)[], createMd5: () => Md5): EtagDigest {
  const takers = layouts.map((layout) => (layout === WHOLE ? takeWhole(createMd5) : takeParts(layout, createMd5)));
  return {
    update: (bytes) => {
      for (const taker of takers) taker.update(bytes);
    },
    digest: () => takers.map((taker) => taker.digest()),
  };
}

interface EtagTaker {
  readonly update: (bytes: Uint8Array) => void;
  readonly digest: () => string;
}

function takeWhole(createMd5: () => Md5): EtagTaker {
  const md5 = createMd5();
  return { update: (bytes) => md5.update(bytes), digest: () => toHex(md5.digest()) };
}

function takeParts(ends: PartEnds, createMd5: () => Md5): EtagTaker {
  const digests: Uint8Array[] = [];
  let position = 0;
  let md5: Md5 | undefined;
  const endPart = () => {
    digests.push((md5 ?? createMd5()).digest());
    md5 = undefined;
  };
  return {
    update: (bytes) => {
      for (let taken = 0; taken < bytes.length; ) {
        const left = (ends[digests.length] ?? Number.POSITIVE_INFINITY) - position;
        const piece = bytes.subarray(taken, taken + left);
        md5 ??= createMd5();
        md5.update(piece);
        taken += piece.length;
        position += piece.length;
        if (piece.length === left) endPart();
      }
    },
    digest: () => {
      // Of an empty object: its one part has no byte that would have ended it.
      if (digests.length < ends.length) endPart();
      return etagOfParts(digests, createMd5);
    },
  };
}

/** The ETag of an object whose parts have these MD5s, in their order. */
export function etagOfParts(digests: readonly Uint8Array[], createMd5: () => Md5): string {
  const all = createMd5();
  for (const digest of digests) all.update(digest);
  return `${toHex(all.digest())}-${digests.length}`;
}

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
