/** Checks the declared type of a file before a byte is sent. Pure. */
import { ACCEPTED_TYPES, TYPE_OF_EXTENSION } from '@supabase-media/upload-protocol/accepted-types';
import { ApiError } from './api-error.ts';
import { extensionOf } from './file-name.ts';

const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;

/** What browsers send for unknown types. */
const UNKNOWN = 'application/octet-stream';

const isAccepted = (type: string): boolean =>
  ACCEPTED_TYPES.some((accepted) =>
    accepted.endsWith('/*') ? type.startsWith(accepted.slice(0, -1)) : type === accepted,
  );

/**
 * The type that the object is stored with: the declared one without its parameters, or if that is unknown, the one of the
 * extension.
 *
 * @throws {ApiError} `type_refused` if it is not a video type.
 */
export function chooseContentType(options: {
  readonly fileName: string;
  readonly declared?: string | undefined;
}): string {
  const declared = (options.declared ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const extension = extensionOf(options.fileName);
  const byExtension = TYPE_OF_EXTENSION[extension];
  if (declared !== '' && (!MEDIA_TYPE.test(declared) || !isAccepted(declared)))
    throw new ApiError({
      code: 'type_refused',
      message: `The file is declared as "${declared.slice(0, 100)}", which is not a video type.`,
      details: { declaredType: declared.slice(0, 100), acceptedTypes: ACCEPTED_TYPES },
    });
  if (declared !== '' && declared !== UNKNOWN) return declared;
  if (byExtension !== undefined) return byExtension;
  throw new ApiError({
    code: 'type_refused',
    message:
      extension === ''
        ? 'The file has no extension and no declared type.'
        : `The extension ".${extension}" is not a video extension.`,
    details: { extension, acceptedExtensions: Object.keys(TYPE_OF_EXTENSION) },
  });
}
