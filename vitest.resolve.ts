/**
 * Tests run the sources of every package, whether imported by a path or by the package's name: one copy of each class,
 * and nothing to build after a change but what runs as a process of its own.
 */
export const RESOLVE_SOURCES = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
};
