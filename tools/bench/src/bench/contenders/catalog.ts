/** Who is who. */
import type { Lab } from '../lab.ts';
import type { ContenderName } from '../rows.ts';
import type { Contender } from './contender.ts';
import { mediaProcessContender } from './media-process.ts';
import { ffmpegContender, scriptContender } from './script.ts';
import {
  curlDownload,
  curlUpload,
  libraryDownload,
  libraryUpload,
  ourDownload,
  ourUpload,
  provedCurlDownload,
  provedCurlUpload,
} from './transfers.ts';
import { usualWorkerContender } from './usual-worker.ts';
import { workerContender } from './worker.ts';

const CONTENDERS: Readonly<Record<ContenderName, (lab: Lab) => Contender>> = {
  worker: workerContender,
  'two workers': (lab) => workerContender(lab, { pinned: 2 }),
  'one worker': (lab) => workerContender(lab, { pinned: 1 }),
  script: (lab) => scriptContender(lab),
  'script with proofs': (lab) => scriptContender(lab, { proves: true }),
  'usual worker': usualWorkerContender,
  'media process': mediaProcessContender,
  'ffmpeg alone': ffmpegContender,
  'media upload': ourUpload,
  'curl -T': curlUpload,
  'curl -T, md5sum': provedCurlUpload,
  'supabase-js upload': libraryUpload,
  'worker download': ourDownload,
  'curl -o': curlDownload,
  'curl -o, sha256sum': provedCurlDownload,
  'supabase-js download': libraryDownload,
};

export const openContender = (name: ContenderName, lab: Lab): Contender => CONTENDERS[name](lab);

/** They take each other's jobs. */
export const sharesQueue = (name: ContenderName): boolean =>
  name === 'worker' || name === 'two workers' || name === 'one worker';
