/** The moment at which a shared address begins: `?t=83`, `?t=1m23s`, `#t=83`, `#t=1:23`. Pure. */

const UNITS = /^(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7}(?:\.\d{1,3})?)s?)?$/;
const CLOCK = /^(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,3})?)$/;

/** Seconds that an address names, from 0; undefined where it names none, or what is no time. */
export function readStartTime(address: string): number | undefined {
  const url = new URL(address, 'http://page.invalid');
  const value = url.searchParams.get('t') ?? new URLSearchParams(url.hash.slice(1)).get('t');
  if (!value) return undefined;
  // Media Fragments (W3C) may say the format and an end: `npt:10,20`.
  const start = value.replace(/^npt:/, '').split(',')[0] ?? '';
  const [, hours, minutes, seconds] = CLOCK.exec(start) ?? UNITS.exec(start) ?? [];
  if (hours === undefined && minutes === undefined && seconds === undefined) return undefined;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
}

/** The same address, beginning at the whole second of `seconds`; from 0 on it is the one without a time. */
export function linkAt(address: string, seconds: number): string {
  const url = new URL(address);
  url.searchParams.delete('t');
  const fragment = new URLSearchParams(url.hash.slice(1));
  if (fragment.has('t')) {
    fragment.delete('t');
    url.hash = String(fragment);
  }
  const whole = Math.floor(seconds);
  if (whole > 0) url.searchParams.set('t', String(whole));
  return url.href;
}
