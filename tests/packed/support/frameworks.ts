/** Which versions of frameworks are tried: the newest, or with PACKED_FRAMEWORKS=all every one that the documents name. */
export const EVERY_VERSION = process.env.PACKED_FRAMEWORKS === 'all';
