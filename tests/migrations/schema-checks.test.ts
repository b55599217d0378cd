/**
 * What a linter of Supabase schemas complains of, asked of what the migrations make: nothing may be found. Each check is
 * also shown a schema that has its fault, so that none of them passes because it sees nothing.
 */
import { stackValue, startOwnStack } from '@supabase-media/test-support/stack';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Another file applies the migrations once more on the stack that all share: meanwhile it has what later ones remove.
let stop: () => Promise<void>;
let database: pg.Client;
beforeAll(async () => {
  stop = await startOwnStack();
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await stop?.();
});

interface Check {
  /** Rows with one column, `found`: what has the fault. */
  readonly query: string;
  /** Makes it, in a transaction that is rolled back. */
  readonly fault: string;
}

/** Of the schema that PostgREST serves, what no extension brought. */
const OWN_RELATIONS = `pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
  and not exists (select from pg_depend e where e.objid = c.oid and e.deptype = 'e')`;

/** Both schemas that the migrations write policies for. */
const POLICIES = `pg_policies p where p.schemaname in ('public', 'storage')`;

const POLICY_CONDITION = `coalesce(p.qual, '') || ' ' || coalesce(p.with_check, '')`;

const OWN_FUNCTIONS = `pg_proc f where f.pronamespace = 'public'::regnamespace
  and not exists (select from pg_depend e where e.objid = f.oid and e.deptype = 'e')`;

const CHECKS: Readonly<Record<string, Check>> = {
  'a table without row-level security': {
    query: `select c.relname as found from ${OWN_RELATIONS} where c.relkind in ('r', 'p') and not c.relrowsecurity`,
    fault: 'create table public.faulty (id int primary key)',
  },
  'row-level security without a policy': {
    query: `select c.relname as found from ${OWN_RELATIONS} where c.relkind in ('r', 'p') and c.relrowsecurity
      and not exists (select from pg_policy p where p.polrelid = c.oid)`,
    fault: 'create table public.faulty (id int primary key); alter table public.faulty enable row level security',
  },
  'a policy on a table that does not apply it': {
    query: `select c.relname as found from ${OWN_RELATIONS} where c.relkind in ('r', 'p') and not c.relrowsecurity
      and exists (select from pg_policy p where p.polrelid = c.oid)`,
    fault: 'create table public.faulty (id int primary key); create policy p on public.faulty using (true)',
  },
  'a policy that asks who the user is for each row': {
    // PostgreSQL writes a sub-select, which it runs once, as ( SELECT auth.uid() AS uid).
    query: `select p.policyname as found from ${POLICIES}
      and regexp_replace(${POLICY_CONDITION}, '\\( *select +auth\\.(uid|jwt|role|email)\\(\\)', '', 'gi')
        ~* 'auth\\.(uid|jwt|role|email)\\(\\)|current_setting\\('`,
    fault: 'create policy faulty on public.videos for update using (owner_id = auth.uid())',
  },
  'a policy that trusts what users write of themselves': {
    query: `select p.policyname as found from ${POLICIES} and ${POLICY_CONDITION} ~ 'user_metadata'`,
    fault: `create policy faulty on public.videos for update
      using (((select auth.jwt()) -> 'user_metadata' ->> 'role') = 'admin')`,
  },
  'a policy by which everybody may write': {
    query: `select p.policyname as found from ${POLICIES} and p.cmd <> 'SELECT' and p.permissive = 'PERMISSIVE'
      and p.roles && array['anon', 'authenticated', 'public']::name[]
      and coalesce(p.with_check, p.qual) in ('true', '(true)')`,
    fault: 'create policy faulty on public.videos for insert with check (true)',
  },
  'two permissive policies for one action and role': {
    query: `select p.tablename || ' ' || action || ' ' || role as found
      from pg_policies p
        cross join lateral unnest(case p.cmd when 'ALL' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE']
          else array[p.cmd] end) as action
        cross join lateral unnest(case when 'public' = any(p.roles) then array['anon', 'authenticated']::name[]
          else p.roles end) as role
      where p.schemaname = 'public' and p.permissive = 'PERMISSIVE'
      group by p.tablename, action, role having count(*) > 1`,
    fault: 'create policy faulty on public.videos for select to authenticated using (false)',
  },
  'a table without a primary key': {
    query: `select c.relname as found from ${OWN_RELATIONS} where c.relkind in ('r', 'p')
      and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')`,
    fault: 'create table public.faulty (id int)',
  },
  'a foreign key without an index': {
    query: `select k.conname as found from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace
      and not exists (select from pg_index i where i.indrelid = k.conrelid
        and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)`,
    fault: 'create table public.faulty (id int primary key, video uuid references public.videos)',
  },
  'two equal indexes': {
    query: `select string_agg(i.indexrelid::regclass::text, ', ') as found
      from pg_index i
      where i.indrelid in (select c.oid from ${OWN_RELATIONS})
      group by i.indrelid, i.indkey::text, i.indclass::text, i.indoption::text, pg_get_expr(i.indexprs, i.indrelid),
        pg_get_expr(i.indpred, i.indrelid) having count(*) > 1`,
    fault: 'create index faulty on public.videos (id)',
  },
  'a view that is read as its owner': {
    query: `select c.relname as found from ${OWN_RELATIONS} where c.relkind = 'v'
      and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1']`,
    fault: 'create view public.faulty as select 1 as one',
  },
  'a view of the users of the project': {
    query: `select c.relname as found from ${OWN_RELATIONS} where c.relkind in ('v', 'm')
      and exists (select from pg_rewrite r join pg_depend d on d.objid = r.oid and d.refobjid = 'auth.users'::regclass
        where r.ev_class = c.oid)`,
    fault: 'create view public.faulty as select id from auth.users',
  },
  'a materialized view or foreign table, which has no row-level security': {
    query: `select c.relname as found from ${OWN_RELATIONS} where c.relkind in ('m', 'f')`,
    fault: 'create materialized view public.faulty as select 1 as one',
  },
  'a function that finds names by the search_path of its caller': {
    query: `select f.proname as found from ${OWN_FUNCTIONS}
      and not exists (select from unnest(f.proconfig) as setting where setting like 'search_path=%')`,
    fault: 'create function public.faulty() returns int language sql as $$ select 1 $$',
  },
  'a function with rights of its owner that users may call': {
    query: `select f.proname as found from ${OWN_FUNCTIONS} and f.prosecdef and f.prorettype <> 'trigger'::regtype
      and (has_function_privilege('anon', f.oid, 'execute') or has_function_privilege('authenticated', f.oid, 'execute'))`,
    fault: `create function public.faulty() returns int language sql security definer set search_path = ''
      as $$ select 1 $$; grant execute on function public.faulty() to anon`,
  },
  'an extension in the schema that is served': {
    query: `select e.extname as found from pg_extension e where e.extnamespace = 'public'::regnamespace`,
    fault: 'create extension moddatetime schema public',
  },
  'a bucket that anybody can read': {
    query: 'select b.id as found from storage.buckets b where b.public',
    fault: `insert into storage.buckets (id, name, public) values ('faulty', 'faulty', true)`,
  },
};

const find = async ({ query }: Check): Promise<readonly string[]> =>
  (await database.query<{ found: string }>(query)).rows.map(({ found }) => found);

describe('the schema has no', () => {
  it.each(Object.entries(CHECKS))('%s', async (_name, check) => {
    expect(await find(check)).toEqual([]);
    await database.query('begin');
    try {
      await database.query(check.fault);
      expect((await find(check)).length).toBeGreaterThan(0);
    } finally {
      await database.query('rollback');
    }
  });
});
