/**
 * Tests run the sources of every package, whether imported by path or by package name: each class exists once, and only
 * tests that start processes need a build.
 */
export const RESOLVE_SOURCES = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
};
