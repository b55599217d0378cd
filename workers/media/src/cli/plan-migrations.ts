/** Which migrations a project's folder still lacks, and what is in the way. Pure. */

/** One file of migrations. */
export interface MigrationFile {
  /** As the Supabase CLI names them: fourteen digits, an underscore, words. */
  readonly name: string;
  readonly text: string;
}

export interface MigrationPlan {
  readonly copied: readonly MigrationFile[];
  /** Names of those that are there already. */
  readonly same: readonly string[];
  /** Names of those that are there with another content. */
  readonly changed: readonly string[];
  /** Files of the project that have the version of one of ours, as `theirs (ours)`. */
  readonly clashes: readonly string[];
  /** Whether the project has later migrations: then `supabase db push` wants --include-all. */
  readonly comesBetween: boolean;
}

/** `supabase db push` tells migrations apart by these digits alone. */
const versionOf = (name: string): string => /^\d+/.exec(name)?.[0] ?? '';

/** Git may have changed the ends of lines. */
const textOf = ({ text }: MigrationFile): string => text.replaceAll('\r\n', '\n');

/** Compares our migrations with those in a project's folder. */
export function planMigrations(ours: readonly MigrationFile[], theirs: readonly MigrationFile[]): MigrationPlan {
  const there = new Map(theirs.map((file) => [file.name, file]));
  const names = new Set(ours.map(({ name }) => name));
  const foreign = theirs.filter(({ name }) => !names.has(name));
  const copied = ours.filter(({ name }) => !there.has(name));
  const found = ours.flatMap((file) => {
    const kept = there.get(file.name);
    return kept === undefined ? [] : [{ name: file.name, isSame: textOf(kept) === textOf(file) }];
  });
  const first = copied.map(({ name }) => versionOf(name)).sort()[0];
  return {
    copied,
    same: found.filter(({ isSame }) => isSame).map(({ name }) => name),
    changed: found.filter(({ isSame }) => !isSame).map(({ name }) => name),
    clashes: foreign.flatMap(({ name }) => {
      const mine = ours.find((file) => versionOf(file.name) === versionOf(name));
      return mine === undefined ? [] : [`${name} (${mine.name})`];
    }),
    comesBetween: first !== undefined && theirs.some(({ name }) => versionOf(name) > first),
  };
}
