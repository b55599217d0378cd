/**
 * The Kubernetes manifests: by the API's own schema (kubernetes-models), unknown fields included, and by what they must
 * say to each other and to the program.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics } from '@supabase-media/service/metrics';
import { watchQueue } from '@supabase-media/service/metrics-gauges';
import { metricsIn } from '@supabase-media/test-support/promql';
import { DEPLOY } from '@supabase-media/test-support/repository';
import { VARIABLES } from '@supabase-media/worker/config-variables';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { knownVariables, type Manifest, readManifests, readYaml } from './support/deploy-files.ts';

const manifests = readManifests();

const find = (kind: string, name: string): Manifest => {
  const found = manifests.find(([, manifest]) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found[1];
};

/** KEDA 2 (keda.sh/docs, ScaledObject): the parts in use, and no others. */
const scaledObject = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('ScaledObject'),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ name: z.string() }),
    minReplicaCount: z.int().min(0),
    maxReplicaCount: z.int().min(1),
    pollingInterval: z.int().min(1),
    fallback: z.strictObject({ failureThreshold: z.int().min(1), replicas: z.int().min(1) }),
    advanced: z.strictObject({
      horizontalPodAutoscalerConfig: z.strictObject({
        behavior: z.strictObject({
          scaleDown: z.strictObject({
            stabilizationWindowSeconds: z.int().min(0).max(3600),
            policies: z.array(
              z.strictObject({ type: z.enum(['Pods', 'Percent']), value: z.int().min(1), periodSeconds: z.int() }),
            ),
          }),
        }),
      }),
    }),
    triggers: z.array(
      z.strictObject({
        type: z.literal('prometheus'),
        metricType: z.enum(['AverageValue', 'Value']),
        // Values of triggers are texts, numbers too.
        metadata: z.strictObject({ serverAddress: z.url(), query: z.string(), threshold: z.string().regex(/^\d+$/) }),
      }),
    ),
  }),
});

type Validator = (manifest: never) => { readonly validate: () => void };

const VALIDATORS: Readonly<Record<string, Validator>> = {
  'apps/v1 Deployment': (manifest) => new Deployment(manifest),
  'apps/v1 StatefulSet': (manifest) => new StatefulSet(manifest),
  'networking.k8s.io/v1 Ingress': (manifest) => new Ingress(manifest),
  'networking.k8s.io/v1 NetworkPolicy': (manifest) => new NetworkPolicy(manifest),
  'policy/v1 PodDisruptionBudget': (manifest) => new PodDisruptionBudget(manifest),
  'v1 Service': (manifest) => new Service(manifest),
};

/**
 * Watches which fields are read. The schemas let unknown fields pass, but never look at them: what was not read is
 * misspelled or in the wrong place.
 */
function watchReads(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const place = `${path}.${key}`;
    unread.add(place);
    return [key, watchReads(inner, place, unread)] as const;
  });
  const copy = (Array.isArray(value) ? [] : {}) as Record<string, unknown>;
  for (const [key, inner] of entries)
    Object.defineProperty(copy, key, {
      enumerable: true,
      get: () => {
        unread.delete(`${path}.${key}`);
        return inner;
      },
    });
  return copy;
}

function validate(manifest: Manifest): string[] {
  const make = VALIDATORS[`${manifest.apiVersion} ${manifest.kind}`];
  if (make === undefined) return [`no schema for ${manifest.apiVersion} ${manifest.kind}`];
  const unread = new Set<string>();
  const model = make(manifest as never);
  const spec = watchReads(manifest.spec, 'spec', unread);
  Object.defineProperty(model, 'spec', { value: spec, enumerable: true });
  try {
    model.validate();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return [...unread].map((place) => `unknown field ${place}`);
}

describe('every manifest', () => {
  it.each(
    manifests
      .filter(([, { kind }]) => kind !== 'ScaledObject')
      .map(([file, manifest]) => [file, manifest.kind, manifest.metadata.name, manifest] as const),
  )('%s: the %s %s fits the schema', (_file, _kind, _name, manifest) => {
    expect(validate(manifest)).toEqual([]);
  });

  it('would be caught with a wrong, a missing and a misspelled field', () => {
    const worker = structuredClone(find('Deployment', 'media-worker')) as never as {
      spec: { template: { spec: Record<string, unknown> }; selector?: unknown };
    };
    worker.spec.template.spec.terminationGracePeriodSecond = 45;
    expect(validate(worker as never)).toEqual(['unknown field spec.template.spec.terminationGracePeriodSecond']);
    worker.spec.template.spec.terminationGracePeriodSeconds = 'long';
    expect(validate(worker as never).join()).toContain('terminationGracePeriodSeconds');
    const { selector: _, ...rest } = find('Deployment', 'media-api').spec;
    expect(validate({ ...find('Deployment', 'media-api'), spec: rest }).join()).toContain('selector');
  });

  it('is named by kustomization.yaml', () => {
    const { resources } = readYaml('kubernetes/kustomization.yaml') as { resources: string[] };
    const files = readdirSync(join(DEPLOY, 'kubernetes')).filter((name) => name !== 'kustomization.yaml');
    expect([...resources].sort()).toEqual(files.sort());
  });
});

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
}

interface Pod {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string; readonly emptyDir: { readonly sizeLimit: string } }[];
}

const podOf = (name: string): Pod => (find('Deployment', name).spec as { template: { spec: Pod } }).template.spec;

const gibibytes = (text: string | undefined): number => Number(/^(\d+)Gi$/.exec(text ?? '')?.[1]);

describe.each(['media-worker', 'media-api'])('%s', (name) => {
  const pod = podOf(name);
  const [container] = pod.containers;

  it('is told only variables that it reads', () => {
    const known = knownVariables();
    for (const variable of container.env) expect(known.has(variable.name), variable.name).toBe(true);
  });

  it('has time to end: its grace and 15 s', () => {
    const grace = container.env.find((variable) => variable.name.endsWith('SHUTDOWN_GRACE_SECONDS'));
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(grace?.value) + 15);
    if (name === 'media-worker') expect(grace?.value).toBe(VARIABLES.SHUTDOWN_GRACE_SECONDS.default);
  });

  it('has no rights', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('is probed where it answers', () => {
    const ports = new Set(container.ports.map((port) => port.name));
    expect(container.livenessProbe.httpGet.path).toBe('/live');
    expect(container.readinessProbe.httpGet.path).toBe('/ready');
    for (const { httpGet } of [container.livenessProbe, container.readinessProbe])
      expect(ports.has(httpGet.port)).toBe(true);
  });

  it('may be evicted one at a time, and reached at its ports only', () => {
    expect(find('PodDisruptionBudget', name).spec).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
    });
    const { ingress, podSelector } = find('NetworkPolicy', name).spec as {
      ingress: { ports: { port: number }[] }[];
      podSelector: unknown;
    };
    expect(podSelector).toEqual({ matchLabels: { 'app.kubernetes.io/name': name } });
    expect(ingress.flatMap(({ ports }) => ports.map(({ port }) => port)).sort()).toEqual(
      container.ports.map(({ containerPort }) => containerPort).sort(),
    );
    const egress = JSON.stringify(find('NetworkPolicy', name).spec.egress);
    expect(egress).toContain('169.254.0.0/16');
    // fc00::/7 has the metadata service of AWS, fd00:ec2::254.
    expect(egress).toContain('{"cidr":"::/0","except":["fe80::/10","fc00::/7","::ffff:0:0/96"]}');
  });
});

describe('the worker', () => {
  it('asks for the disk that a video of 2 GB needs for each job', () => {
    const pod = podOf('media-worker');
    const [{ resources, env }] = pod.containers;
    const jobs = Number(env.find(({ name }) => name === 'WORKER_CONCURRENCY')?.value);
    expect(gibibytes(resources.requests['ephemeral-storage'])).toBeGreaterThanOrEqual(5 * jobs);
    const work = pod.volumes.find(({ name }) => name === 'work');
    expect(gibibytes(work?.emptyDir.sizeLimit)).toBeLessThanOrEqual(gibibytes(resources.limits['ephemeral-storage']));
  });

  it('is scaled by a query on series that are exported, to as many jobs as each takes', async () => {
    const [, manifest] = manifests.find(([, { kind }]) => kind === 'ScaledObject') ?? [];
    const { spec } = scaledObject.parse(manifest);
    expect(spec.scaleTargetRef.name).toBe('media-worker');
    expect(spec.minReplicaCount).toBeGreaterThanOrEqual(1);
    const metrics = createMetrics();
    watchQueue(metrics, async () => {
      throw new Error('not asked');
    });
    const text = await metrics.registry.metrics();
    const [trigger] = spec.triggers;
    for (const name of metricsIn(trigger?.metadata.query ?? '')) expect(text).toContain(`# TYPE ${name} `);
    const { env } = podOf('media-worker').containers[0];
    expect(trigger?.metadata.threshold).toBe(env.find(({ name }) => name === 'WORKER_CONCURRENCY')?.value);
    expect((find('Deployment', 'media-worker').spec as { replicas?: number }).replicas).toBeUndefined();
  });
});

describe('Redis', () => {
  const { spec } = (find('StatefulSet', 'redis').spec as { template: { spec: Pod } }).template;
  const [container] = spec.containers;

  it('has no rights', () => {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('has a password, by a secret, and keeps jobs', () => {
    expect(container.env).toEqual([
      { name: 'REDISCLI_AUTH', valueFrom: { secretKeyRef: { name: 'redis', key: 'password' } } },
    ]);
    const script = String(container.command[2]);
    expect(script).toContain('--maxmemory-policy noeviction --appendonly yes');
    expect(script).toMatch(/<<SETTINGS\nrequirepass \$REDISCLI_AUTH\nSETTINGS\n$/);
  });

  it('is reached by the worker and the API, and reaches nobody', () => {
    const from = ['media-worker', 'media-api'].map((name) => ({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
    }));
    expect(find('NetworkPolicy', 'redis').spec).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'redis' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from, ports: [{ port: 6379, protocol: 'TCP' }] }],
      egress: [],
    });
  });
});

describe('the ingress', () => {
  it('lets large bodies through as they come', () => {
    const annotations = find('Ingress', 'media-api').metadata.annotations ?? {};
    const of = (name: string) => annotations[`nginx.ingress.kubernetes.io/${name}`];
    expect([of('proxy-body-size'), of('proxy-request-buffering'), of('proxy-buffering')]).toEqual(['0', 'off', 'off']);
    expect(Number(of('proxy-read-timeout'))).toBeGreaterThanOrEqual(600);
    for (const value of Object.values(annotations)) expect(typeof value).toBe('string');
  });
});
