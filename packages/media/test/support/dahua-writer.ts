/** What a camera of Dahua writes, for which ffmpeg has no muxer (read by libavformat/dhav.c). */

/** A bare H.264 stream of 160x90 at 25 frames a second as a recording, one frame in each chunk. */
export function dahua(stream: Buffer): Buffer {
  const chunks = framesOf(stream).map((frame, number) => {
    // How it is encoded (2: H.264) and its rate; its size.
    const extra = Buffer.from([0x81, 0, 2, 25, 0x82, 0, 0, 0, 160, 0, 90, 0]);
    const length = 24 + extra.length + frame.length + 8;
    const head = Buffer.alloc(24);
    head.write('DHAV', 'latin1');
    head[4] = number === 0 ? 0xfd : 0xfc;
    head.writeUInt32LE(number, 8);
    head.writeUInt32LE(length, 12);
    // 27 November 2026, 10:00:00, and the milliseconds.
    head.writeUInt32LE((26 << 26) | (11 << 22) | (27 << 17) | (10 << 12), 16);
    head.writeUInt16LE(number * 40, 20);
    head[22] = extra.length;
    const tail = Buffer.alloc(8);
    tail.write('dhav', 'latin1');
    tail.writeUInt32LE(length, 4);
    return Buffer.concat([head, extra, frame, tail]);
  });
  return Buffer.concat(chunks);
}

/** Every frame is one slice, with what comes before it. */
function framesOf(stream: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  const code = Buffer.from([0, 0, 1]);
  let begin = 0;
  let afterSlice = false;
  for (let at = stream.indexOf(code); at >= 0; at = stream.indexOf(code, at + 3)) {
    const start = stream[at - 1] === 0 ? at - 1 : at;
    if (afterSlice) {
      frames.push(stream.subarray(begin, start));
      begin = start;
    }
    const type = (stream[at + 3] ?? 0) & 0x1f;
    afterSlice = type === 1 || type === 5;
  }
  return [...frames, stream.subarray(begin)];
}
