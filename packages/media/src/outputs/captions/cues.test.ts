import { describe, expect, it } from 'vitest';
import { readAssEvents, readCues, renderVtt, trimCues } from './cues.ts';

const textsOf = (text: string) => {
  const cues = readCues(text);
  return typeof cues === 'string' ? cues : cues.map((cue) => cue.text);
};
const cue = (text: string) => `1\n00:00:01,000 --> 00:00:02,000\n${text}\n`;
const event = (text: string, from = '0:00:01.00') => `Dialogue: 0,${from},0:00:02.50,Default,,0,0,0,,${text}\n`;
const eventText = (text: string) => readAssEvents(event(text)).map((found) => found.text);

describe('readCues', () => {
  it('reads SubRip: commas, numbers, CRLF, a byte order mark, any order', () => {
    const text =
      '\uFEFF2\r\n00:00:03,500 --> 00:00:04,000\r\nSecond\r\nline\r\n\r\n1\r\n00:00:01,000 --> 1:00:02,25\r\nFirst\r\n';
    expect(readCues(text)).toEqual([
      { from: 1, to: 3602.25, settings: '', text: 'First' },
      { from: 3.5, to: 4, settings: '', text: 'Second\nline' },
    ]);
  });

  it('reads WebVTT: names, short times, settings of the standard; no notes, styles, regions', () => {
    const text =
      'WEBVTT - a title\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\nNOTE hello\n\nSTYLE\n::cue { background: url(http://a/b) }\n\n' +
      'intro\n00:01.000 --> 00:02.000 line:0 align:start region:x onclick:evil() position:10%,line-left\nHi';
    expect(readCues(text)).toEqual([
      { from: 1, to: 2, settings: 'line:0 align:start position:10%,line-left', text: 'Hi' },
    ]);
  });

  it.each([
    ['<b>a</b> <i>b</i> <u>c</u>', '<b>a</b> <i>b</i> <u>c</u>'],
    [
      '<v Ann>a</v> <c.loud.red>b</c> <ruby>c<rt>d</rt></ruby>',
      '<v Ann>a</v> <c.loud.red>b</c> <ruby>c<rt>d</rt></ruby>',
    ],
    ['<font color="#f00">a</font><script>b</script><img src=x onerror=c><!-- d -->', 'ab'],
    ['<b onclick=a>x</b onclick>', 'x'],
    [
      '1 < 2 && 3 > 2 &amp; &lt;i&gt; &nbsp;&#39; &unknown;',
      '1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp; &lt;i&gt; &nbsp;&#39; &amp;unknown;',
    ],
    ['<<script>script>a', '&lt;script&gt;a'],
    ['{\\an8}{\\pos(1,2)}top', 'top'],
    ['a --> b', 'a --&gt; b'],
  ])('cleans the markup of %s', (text, clean) => {
    expect(textsOf(cue(text))).toEqual([clean]);
  });

  it('leaves out cues without text, and without a length', () => {
    expect(textsOf(`${cue('<b> </b>')}\n00:00:02,000 --> 00:00:01,000\nback\n\n${cue('kept')}`)).toEqual(['kept']);
  });

  it.each(['', 'hello', 'WEBVTT', '1\n00:00 -> 00:01\nx'])('says of %j that it is none', (text) => {
    expect(readCues(text)).toMatch(/no cue/);
  });

  it('takes hostile text in linear time, and so many cues', () => {
    const began = performance.now();
    readCues(cue(`${'{\\'.repeat(300_000)}${'<'.repeat(300_000)}${' \n'.repeat(100_000)}`));
    expect(performance.now() - began).toBeLessThan(2000);
    const many = Array.from({ length: 30_000 }, (_, i) => `00:00:01.000 --> 00:00:02.000\n${i}`).join('\n\n');
    expect(textsOf(many)).toHaveLength(20_000);
  });
});

describe('readAssEvents', () => {
  it.each([
    [
      '{\\an8\\pos(1,2)}Top {\\i1}it{\\i0}\\Nline\\hx & <b>, with commas',
      'Top <i>it</i>\nline x &amp; &lt;b&gt;, with commas',
    ],
    ['{\\b700}a{\\b0}{\\c&H0000FF&}b{\\u1}c', '<b>a</b>b<u>c</u>'],
    ['{\\b1}a{\\i1}b{\\b0}c{\\r}d{\\blur3\\be1\\pos(1,2)}e', '<b>a</b><b><i>b</i></b><i>c</i>de'],
    ['{\\p1}m 0 0 l 100 0{\\p0}sign', 'sign'],
    ['a\\N\\N\\Nb\r\rc\u2028d', 'a\nb\nc\u2028d'],
  ])('%s', (text, clean) => {
    expect(eventText(text)).toEqual([clean]);
  });

  it('has no cue of what is only drawn, and one of what is drawn in layers', () => {
    expect(
      readAssEvents(event('{\\p1}m 0 0 l 1 1') + event('sign') + event('{\\blur3}sign') + event('x', '0:00:00.20')),
    ).toEqual([
      { from: 0.2, to: 2.5, settings: '', text: 'x' },
      { from: 1, to: 2.5, settings: '', text: 'sign' },
    ]);
  });
});

it('writes WebVTT within the video that reads back as it was', () => {
  const cues = [
    { from: -1, to: 1, settings: '', text: 'a &amp; b' },
    { from: 3599.9996, to: 3700, settings: 'line:0', text: '<i>c</i>\nd' },
    { from: 3650, to: 3651, settings: '', text: 'after the end' },
  ];
  const text = renderVtt(trimCues(cues, 3649.5));
  expect(text).toBe(
    'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na &amp; b\n\n01:00:00.000 --> 01:00:49.500 line:0\n<i>c</i>\nd\n',
  );
  expect(readCues(text)).toMatchObject([{ to: 1 }, { from: 3600, settings: 'line:0', text: '<i>c</i>\nd' }]);
});
