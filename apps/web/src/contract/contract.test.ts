/** The server's schemas and the types that the browser's package declares say the same, in both directions. */
import type * as declared from '@supabase-media/uploader/contract';
import { describe, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { errorBody } from './error-body.ts';
import type { API_ERRORS } from './errors.ts';
import type { publicConfig } from './public-config.ts';
import type * as uploads from './uploads.ts';
import type * as videos from './videos.ts';

/** A schema's type with every part read-only, as the declared types are. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;
type Of<Schema extends z.ZodType> = Frozen<z.infer<Schema>>;

describe('the declared types equal the schemas', () => {
  it('of uploads', () => {
    expectTypeOf<Of<typeof uploads.createUploadRequest>>().toEqualTypeOf<declared.CreateUploadRequest>();
    expectTypeOf<Of<typeof uploads.openUpload>>().toEqualTypeOf<declared.OpenUpload>();
    expectTypeOf<Of<typeof uploads.upload>>().toEqualTypeOf<declared.Upload>();
    expectTypeOf<Of<typeof uploads.uploadList>>().toEqualTypeOf<declared.UploadList>();
    expectTypeOf<Of<typeof uploads.reportProgressRequest>>().toEqualTypeOf<declared.ReportProgressRequest>();
    expectTypeOf<Of<typeof uploads.completeUploadRequest>>().toEqualTypeOf<declared.CompleteUploadRequest>();
    expectTypeOf<Of<typeof uploads.resumeUploadRequest>>().toEqualTypeOf<declared.ResumeUploadRequest>();
    expectTypeOf<Of<typeof uploads.completedUpload>>().toEqualTypeOf<declared.CompletedUpload>();
    expectTypeOf<Of<typeof uploads.canceledUpload>>().toEqualTypeOf<declared.CanceledUpload>();
  });
  it('of videos', () => {
    expectTypeOf<Of<typeof videos.videoOutput>>().toEqualTypeOf<declared.VideoOutput>();
    expectTypeOf<Of<typeof videos.video>>().toEqualTypeOf<declared.Video>();
    expectTypeOf<Of<typeof videos.videoList>>().toEqualTypeOf<declared.VideoList>();
    expectTypeOf<Of<typeof videos.renameVideoRequest>>().toEqualTypeOf<declared.RenameVideoRequest>();
    expectTypeOf<Of<typeof videos.retriedVideo>>().toEqualTypeOf<declared.RetriedVideo>();
    expectTypeOf<Of<typeof videos.canceledVideo>>().toEqualTypeOf<declared.CanceledVideo>();
    expectTypeOf<Of<typeof videos.deletedVideo>>().toEqualTypeOf<declared.DeletedVideo>();
    expectTypeOf<Of<typeof videos.videoProgressEvent>>().toEqualTypeOf<declared.VideoProgressEvent>();
    expectTypeOf<Of<typeof videos.videoEndedEvent>>().toEqualTypeOf<declared.VideoEndedEvent>();
  });
  it('of the rest', () => {
    expectTypeOf<Of<typeof publicConfig>>().toEqualTypeOf<declared.PublicConfig>();
    expectTypeOf<Of<typeof errorBody>>().toEqualTypeOf<declared.ErrorBody>();
    expectTypeOf<keyof typeof API_ERRORS>().toEqualTypeOf<declared.ApiErrorCode>();
  });
});
