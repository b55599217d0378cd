/** The Content-Type of an upload whose caller named none. Only a hint: the worker never trusts it. */
import { extname } from 'node:path';

/** Types as registered with IANA, or as browsers send them where there is no registration. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  '.3gp': 'video/3gpp',
  '.avi': 'video/x-msvideo',
  '.flv': 'video/x-flv',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.m4v': 'video/x-m4v',
  '.mkv': 'video/x-matroska',
  '.mov': 'video/quicktime',
  '.mp4': 'video/mp4',
  '.mpeg': 'video/mpeg',
  '.mpg': 'video/mpeg',
  '.mts': 'video/mp2t',
  '.mxf': 'application/mxf',
  '.ogv': 'video/ogg',
  '.png': 'image/png',
  '.rm': 'application/vnd.rn-realmedia',
  '.ts': 'video/mp2t',
  '.vob': 'video/mpeg',
  '.vtt': 'text/vtt',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.wmv': 'video/x-ms-wmv',
};

/** Guesses by the file name's extension; `application/octet-stream` if it is unknown. */
export const guessContentType = (fileName: string): string =>
  BY_EXTENSION[extname(fileName).toLowerCase()] ?? 'application/octet-stream';
