/** The files of deploy/, read as what they are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY } from '@supabase-media/test-support/repository';
import { SHARED_VARIABLES, WEB_VARIABLES } from '@supabase-media/web/server/config-variables';
import { VARIABLES } from '@supabase-media/worker/config-variables';
import { DockerfileParser, type Instruction } from 'dockerfile-ast';
import { parse, parseAllDocuments } from 'yaml';

export const readDeploy = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8');

export const readYaml = (path: string): unknown => parse(readDeploy(path), { merge: true });

/** A Kubernetes object, as far as the tests look into any. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Every object of deploy/kubernetes, with the file that it stands in. */
export const readManifests = (): readonly (readonly [file: string, manifest: Manifest])[] =>
  readdirSync(join(DEPLOY, 'kubernetes'))
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .flatMap((name) =>
      parseAllDocuments(readDeploy(`kubernetes/${name}`)).map((document) => {
        if (document.errors.length > 0) throw document.errors[0];
        return [name, document.toJS() as Manifest] as const;
      }),
    );

/** The stages of the Dockerfile: what each begins from, and its instructions in order. */
export function readStages(): ReadonlyMap<string, { readonly from: string; readonly steps: readonly Instruction[] }> {
  const stages = new Map<string, { from: string; steps: Instruction[] }>();
  let current: { from: string; steps: Instruction[] } | undefined;
  for (const instruction of DockerfileParser.parse(readDeploy('Dockerfile')).getInstructions()) {
    const words = instruction.getArguments().map((argument) => argument.getValue());
    if (instruction.getKeyword() === 'FROM') {
      current = { from: String(words[0]), steps: [] };
      stages.set(String(words[2]), current);
    } else current?.steps.push(instruction);
  }
  return stages;
}

/** Names of all variables that a process of ours reads. */
export const knownVariables = (): ReadonlySet<string> =>
  new Set([
    ...Object.keys({ ...VARIABLES, ...SHARED_VARIABLES, ...WEB_VARIABLES }),
    // Of Node itself.
    'NODE_ENV',
  ]);
