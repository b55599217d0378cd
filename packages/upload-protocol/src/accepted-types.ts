/**
 * What a file may be declared as. The declaration is only a first sieve that spares people a long wait: what a file
 * really is, is read from its bytes. No imports: a browser may load it as it is.
 */

/** Types besides video/*, as the bucket project-videos takes them. */
export const ACCEPTED_TYPES = [
  'video/*',
  'application/octet-stream',
  'application/mxf',
  'application/vnd.rn-realmedia',
] as const;

/** The type of a file by its extension, for browsers that name none. */
export const TYPE_OF_EXTENSION: Readonly<Record<string, string>> = {
  '3g2': 'video/3gpp2',
  '3gp': 'video/3gpp',
  asf: 'video/x-ms-asf',
  avi: 'video/x-msvideo',
  divx: 'video/x-msvideo',
  dv: 'video/x-dv',
  f4v: 'video/mp4',
  flv: 'video/x-flv',
  m2ts: 'video/mp2t',
  m2v: 'video/mpeg',
  m4v: 'video/mp4',
  mkv: 'video/x-matroska',
  mov: 'video/quicktime',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpeg',
  mts: 'video/mp2t',
  mxf: 'application/mxf',
  ogv: 'video/ogg',
  qt: 'video/quicktime',
  rm: 'application/vnd.rn-realmedia',
  rmvb: 'application/vnd.rn-realmedia',
  ts: 'video/mp2t',
  vob: 'video/mpeg',
  webm: 'video/webm',
  wmv: 'video/x-ms-wmv',
};
