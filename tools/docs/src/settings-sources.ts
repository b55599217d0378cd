/** Every table of environment variables, and the process that reads it. Those of job types are in the worker's table. */
import type { Variable } from '@supabase-media/service/settings-table';
import { SHARED_VARIABLES, WEB_VARIABLES } from '@supabase-media/web/server/config-variables';
import { VARIABLES } from '@supabase-media/worker/config-variables';

/** A variable without its schema: what documents show. */
export type DescribedVariable = Omit<Variable, 'schema'>;

export interface SettingsSource {
  /** The process that reads the table. */
  readonly reader: string;
  readonly table: Readonly<Record<string, DescribedVariable>>;
}

export const SETTINGS_SOURCES: readonly SettingsSource[] = [
  { reader: 'worker', table: VARIABLES },
  { reader: 'intake API', table: { ...SHARED_VARIABLES, ...WEB_VARIABLES } },
];

/** One variable and every process that reads it. */
export interface DocumentedVariable {
  readonly name: string;
  readonly variable: DescribedVariable;
  readonly readers: readonly string[];
}

/** All variables by section; sections and variables in the order in which the tables name them first. */
export function groupBySection(
  sources: readonly SettingsSource[] = SETTINGS_SOURCES,
): ReadonlyMap<string, readonly DocumentedVariable[]> {
  const variables = new Map<string, { name: string; variable: DescribedVariable; readers: string[] }>();
  for (const { reader, table } of sources)
    for (const [name, variable] of Object.entries(table)) {
      const known = variables.get(name) ?? { name, variable, readers: [] };
      known.readers.push(reader);
      variables.set(name, known);
    }
  const sections = new Map<string, DocumentedVariable[]>();
  for (const documented of variables.values()) {
    const { section } = documented.variable;
    sections.set(section, [...(sections.get(section) ?? []), documented]);
  }
  return sections;
}
