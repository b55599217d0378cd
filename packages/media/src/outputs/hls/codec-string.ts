/** Names codecs as a master playlist does (RFC 6381), so that players know what they can play. Pure. */

/**
 * `avc1.640028` from an initialization segment: profile, constraints and level are in its AVCDecoderConfigurationRecord
 * (ISO/IEC 14496-15, box avcC: version, then these three bytes). `undefined` when there is none.
 */
export function readAvcCodec(initSegment: Buffer): string | undefined {
  const at = initSegment.indexOf('avcC', 0, 'latin1');
  const record = at < 0 ? undefined : initSegment.subarray(at + 4, at + 8);
  if (record === undefined || record.length < 4 || record[0] !== 1) return undefined;
  return `avc1.${record.subarray(1).toString('hex')}`;
}

/** The object types of AAC (ISO/IEC 14496-3), by ffprobe's names of the profiles. */
const AAC_OBJECT_TYPES: Readonly<Record<string, number>> = { LC: 2, 'HE-AAC': 5, 'HE-AACv2': 29 };

/** `mp4a.40.2`; all AAC that we publish has one of three profiles. */
export function aacCodec(profile: string | undefined): string {
  return `mp4a.40.${AAC_OBJECT_TYPES[profile ?? 'LC'] ?? 2}`;
}
