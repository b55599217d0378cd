import { expect, it } from 'vitest';
import { createUploader } from './create-uploader.ts';

it('is created while a page is rendered on a server, and says there that nothing can be uploaded', () => {
  const uploader = createUploader({ apiUrl: '', getToken: () => '' });
  expect(() => uploader.uploadVideo(Object.assign(new Blob(['a']), { name: 'a.mp4', lastModified: 0 }))).toThrow(
    'There is no XMLHttpRequest here',
  );
});
