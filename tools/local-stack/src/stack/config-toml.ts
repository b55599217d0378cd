/** Reads the one setting of supabase/config.toml that the stack needs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_VIDEO_BYTES } from '@supabase-media/upload-protocol/limits';

/** `[storage] file_size_limit` in bytes, or the default. */
export async function readFileSizeLimitSetting(supabaseFolder: string): Promise<number> {
  const toml = await readFile(join(supabaseFolder, 'config.toml'), 'utf8').catch(() => '');
  return parseFileSizeLimitSetting(toml) ?? MAX_VIDEO_BYTES;
}

/** Parses `"2GiB"`, `"50MiB"`, `"500MB"` and plain bytes. As in the Supabase CLI every unit is a power of 1024. */
export function parseFileSizeLimitSetting(toml: string): number | undefined {
  const section = /^\[storage\]\s*$([\s\S]*?)(?=^\[|$(?![\s\S]))/m.exec(toml)?.[1] ?? '';
  const match = /^\s*file_size_limit\s*=\s*"?(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?"?\s*(?:#.*)?$/im.exec(section);
  if (!match?.[1]) return undefined;
  const power = ['', 'K', 'M', 'G', 'T'].indexOf((match[2] ?? '').toUpperCase());
  return Math.floor(Number(match[1]) * 1024 ** power);
}
