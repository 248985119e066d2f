// The types of nodes, what may use what, and which members of `data` the API reads (docs/topologies.md).
// kinds.test.ts holds both against the rules of the server.
import type { Draft, DrawnNode } from './drawing';

export interface Field {
  name: string;
  label: string;
  as: 'text' | 'number' | 'flag' | 'choice' | 'list';
  hint?: string;
  /** What holds where nothing is said. */
  otherwise?: string | number | boolean;
  min?: number;
  max?: number;
  options?: [value: string, label: string][];
  /** Those that a plan refuses: shown where a drawing has them, and not to be chosen. */
  unbuilt?: string[];
  /** Only for those who look for it. */
  rare?: boolean;
}

export interface Kind {
  type: string;
  /** How ids of such nodes begin. */
  id: string;
  label: string;
  what: string;
  family: 'edge' | 'app' | 'data' | 'files' | 'care';
  fields: Field[];
  /** What a new one says from the beginning. */
  start?: (draft: Draft) => Record<string, unknown>;
}

const text = (name: string, label: string, more: Partial<Field> = {}): Field => ({ name, label, as: 'text', ...more });
const number = (name: string, label: string, min: number, max: number, more: Partial<Field> = {}): Field => ({ name, label, as: 'number', min, max, ...more });
const port = (name: string, label: string, otherwise?: number): Field => number(name, label, 1, 65535, { otherwise, rare: true });
const flag = (name: string, label: string, more: Partial<Field> = {}): Field => ({ name, label, as: 'flag', ...more });
const choice = (name: string, label: string, options: [string, string][], otherwise?: string, more: Partial<Field> = {}): Field => ({ name, label, as: 'choice', options, otherwise, ...more });
const list = (name: string, label: string, more: Partial<Field> = {}): Field => ({ name, label, as: 'list', ...more });

/** Members that every node may have, beside label and serverId, which the form shows in its own way. */
export const common: Field[] = [
  text('place', 'Place', { hint: 'Nodes with the same place share a machine.', rare: true }),
  text('zone', 'Zone', { hint: 'Site or data centre, so that members can be kept apart.', rare: true }),
  text('bind', 'Address to listen on', { rare: true }),
  number('memoryMb', 'Memory in MB', 16, 4 << 20, { hint: 'Reckoned by the type where it is empty.', rare: true }),
  number('cpus', 'Processor cores', 0.05, 1024, { rare: true }),
];

const first = (type: string, role: string) => (draft: Draft) => ({ role: draft.nodes.some((node) => node.type === type) ? 'replica' : role });

export const kinds: Kind[] = [
  {
    type: 'loadBalancer', id: 'lb', label: 'Load balancer', what: 'Takes the requests and hands them to the Odoo nodes.', family: 'edge',
    fields: [
      choice('role', 'In front of', [['http', 'Odoo'], ['postgres', 'PostgreSQL']], 'http'),
      list('hosts', 'Host names', { hint: 'Press Enter after each.' }),
      flag('tls', 'TLS'), text('virtualIp', 'Shared address', { hint: 'A free address of the servers\' network, the same for each load balancer: whoever stands has it.' }),
      flag('dns', 'Several addresses in DNS', { hint: 'Instead of a shared address.' }),
      flag('sticky', 'Keep people on their node', { hint: 'Not needed with sessions in Redis.' }), flag('websocket', 'Route live connections', { otherwise: true }),
      port('httpPort', 'HTTP port', 80), port('httpsPort', 'HTTPS port', 443), port('port', 'PostgreSQL port', 5000),
      number('bodyMb', 'Largest upload in MB', 128, 4096, { rare: true }), flag('allowDatabaseManager', 'Let the database manager through', { rare: true }),
    ],
  },
  {
    type: 'odoo', id: 'odoo', label: 'Odoo', what: 'One process group of Odoo. Several of them are one instance.', family: 'app',
    start: () => ({ workers: 4, cronThreads: 0 }),
    fields: [
      choice('role', 'Serves', [['web', 'People and jobs'], ['cron', 'Scheduled actions only']], 'web'),
      number('workers', 'Workers', 0, 64, { otherwise: 2, hint: '0 is Odoo\'s threaded mode.' }), number('cronThreads', 'Threads for scheduled actions', 0, 32, { otherwise: 1 }),
      number('users', 'People at once', 0, 1_000_000, { hint: 'To see whether the workers are enough.' }),
      text('odooVersion', 'Odoo version', { hint: 'Such as 19.0' }), text('database', 'Database'),
      choice('environment', 'Environment', [['production', 'Production'], ['staging', 'Staging'], ['test', 'Test']]),
      number('dbMaxConn', 'Database connections of a process', 1, 1000, { otherwise: 16, rare: true }),
      text('image', 'Image', { rare: true }), text('addonsRevision', 'Revision of the add-ons', { rare: true }), text('dbFilter', 'dbfilter', { rare: true }), text('dataDir', 'Data directory', { rare: true }),
      text('secrets', 'Name of the secrets', { hint: 'A name, never the secrets themselves.', rare: true }),
      choice('queueJob', 'Job queue', [['none', 'None'], ['single', 'One runner'], ['locked', 'Runners with a lock']], 'none', { rare: true }),
      choice('targetSessionAttrs', 'Connects to', [['any', 'Any PostgreSQL'], ['read-write', 'The one that can be written to']], undefined, { rare: true }),
      port('port', 'Port', 8069), port('websocketPort', 'Port of live connections', 8072), number('uid', 'User id', 0, 1 << 30, { rare: true }), number('gid', 'Group id', 0, 1 << 30, { rare: true }),
    ],
  },
  {
    type: 'postgres', id: 'postgres', label: 'PostgreSQL', what: 'The database. A replica points to its primary.', family: 'data', start: first('postgres', 'primary'),
    fields: [
      choice('role', 'Role', [['primary', 'Primary'], ['replica', 'Replica']]), number('version', 'Version', 10, 99, { otherwise: 17 }),
      number('maxConnections', 'Connections', 10, 100_000, { otherwise: 200 }),
      choice('failover', 'Fail-over by', [['patroni', 'Patroni'], ['pg_auto_failover', 'pg_auto_failover']], 'patroni', { unbuilt: ['pg_auto_failover'] }),
      flag('synchronous', 'Synchronous replication', { hint: 'What is acknowledged is on two machines; writing waits for the second.' }), flag('zeroDataLoss', 'No row may be lost', { hint: 'Writing stops rather than going on with one machine.' }),
      number('datasetMb', 'Size of the data in MB', 0, 1 << 30),
      number('ttl', 'Patroni: time to live in s', 1, 3600, { rare: true }), number('loopWait', 'Patroni: pause between looks in s', 1, 3600, { rare: true }),
      number('retryTimeout', 'Patroni: patience in s', 1, 3600, { rare: true }), number('primaryStartTimeout', 'Patroni: patience with a starting primary in s', 0, 3600, { rare: true }),
      text('scope', 'Name of the cluster', { rare: true }), text('namespace', 'Namespace in etcd', { rare: true }), text('locale', 'Locale', { rare: true }), flag('checksums', 'Checksums of pages', { rare: true }),
      port('port', 'Port', 5432), port('restPort', 'Port of Patroni', 8008),
    ],
  },
  {
    type: 'pgbouncer', id: 'pgbouncer', label: 'PgBouncer', what: 'Shares few connections to PostgreSQL among many.', family: 'data',
    fields: [
      choice('poolMode', 'Pooling', [['session', 'By session'], ['transaction', 'By transaction'], ['statement', 'By statement']], 'session'),
      list('sessionDatabases', 'Databases pooled by session', { hint: 'Such as postgres, for live messages.' }), port('port', 'Port', 6432),
    ],
  },
  {
    type: 'etcd', id: 'etcd', label: 'etcd', what: 'Decides which PostgreSQL is the primary. Three of them, on three machines.', family: 'data',
    fields: [flag('ownDisk', 'Has a disk of its own'), port('port', 'Port', 2379), port('peerPort', 'Port among members', 2380)],
  },
  {
    type: 'redis', id: 'redis', label: 'Redis', what: 'Keeps the sessions, so that any Odoo node can serve anyone.', family: 'data', start: first('redis', 'primary'),
    fields: [
      choice('role', 'Role', [['primary', 'Primary'], ['replica', 'Replica'], ['sentinel', 'Sentinel']], 'primary'),
      choice('mode', 'Mode', [['standalone', 'Alone'], ['sentinel', 'With sentinels'], ['cluster', 'Cluster']], undefined, { rare: true, unbuilt: ['cluster'] }),
      flag('auth', 'Password', { otherwise: true }), text('prefix', 'Prefix of keys', { rare: true }), text('aclUser', 'User', { rare: true }),
      text('url', 'Address of one elsewhere', { hint: 'A Redis that is not run here; without passwords.', rare: true }), port('port', 'Port', 6379),
    ],
  },
  {
    type: 'filestore', id: 'filestore', label: 'Filestore', what: 'Attachments on an NFS server that all Odoo nodes share.', family: 'files',
    fields: [
      text('export', 'Folder', { hint: 'Such as /srv/filestore' }), list('clients', 'Addresses that may mount it', { hint: 'Those of the Odoo nodes.' }), flag('snapshots', 'Snapshots'),
      number('datasetMb', 'Size of the files in MB', 0, 1 << 30, { rare: true }),
      port('port', 'Port', 2049), number('uid', 'User id', 0, 1 << 30, { rare: true }), number('gid', 'Group id', 0, 1 << 30, { rare: true }),
    ],
  },
  {
    type: 's3', id: 's3', label: 'S3', what: 'Attachments or backups in a bucket. Runs on no server of yours.', family: 'files',
    fields: [
      text('endpoint', 'Address', { hint: 'Such as https://s3.example.com' }), text('bucket', 'Bucket'), text('region', 'Region'), text('prefix', 'Folder in the bucket'),
      text('credential', 'Name of the credential', { hint: 'A name, never the keys themselves.' }), flag('versioning', 'Versioning is on'),
    ],
  },
  {
    type: 'backup', id: 'backup', label: 'Backup', what: 'A backup a day of the whole instance, in the S3 bucket it is joined to.', family: 'care',
    fields: [flag('pitr', 'Any moment can be brought back', { hint: 'Not built: a plan with it is refused.', rare: true }), text('path', 'Folder', { hint: 'Not built: the bucket has a folder of its own.', rare: true })],
  },
  {
    type: 'monitor', id: 'monitor', label: 'Monitor', what: 'Asks the nodes it is joined to how they do, from its own server, and says which ones it misses.', family: 'care',
    fields: [choice('role', 'Role', [['metrics', 'Metrics'], ['pg_auto_failover', 'pg_auto_failover']], 'metrics', { unbuilt: ['pg_auto_failover'] })],
  },
];

const byType = new Map(kinds.map((kind) => [kind.type, kind]));
export const kindOf = (type: string) => byType.get(type);

/** A bucket is elsewhere, and backups are taken by the server. */
export const hasServer = (type: string) => type !== 's3' && type !== 'backup';

/** From the user to the used. A monitor may look at everything. */
export const pairs: [string, string][] = [
  ['loadBalancer', 'odoo'], ['loadBalancer', 'postgres'], ['odoo', 'loadBalancer'], ['odoo', 'postgres'], ['odoo', 'pgbouncer'], ['odoo', 'redis'], ['odoo', 'filestore'], ['odoo', 's3'],
  ['pgbouncer', 'postgres'], ['pgbouncer', 'loadBalancer'], ['postgres', 'etcd'], ['postgres', 'monitor'], ['postgres', 'postgres'], ['etcd', 'etcd'], ['redis', 'redis'],
  ['postgres', 'backup'], ['filestore', 'backup'], ['backup', 's3'],
];
const joins = new Set(pairs.map(([from, to]) => `${from} ${to}`));

type Typed = Pick<DrawnNode, 'type' | 'data'>;
export const roleOf = (node: Typed) => (typeof node.data.role === 'string' ? node.data.role : kindOf(node.type)?.fields.find((field) => field.name === 'role')?.otherwise);

export function mayJoin(from: Typed, to: Typed): boolean {
  if (from.type === 'monitor') return true;
  if (!joins.has(`${from.type} ${to.type}`)) return false;
  if (from.type === 'loadBalancer') return roleOf(from) === (to.type === 'odoo' ? 'http' : 'postgres');
  if (to.type === 'loadBalancer') return roleOf(to) === 'postgres';
  return to.type !== 'monitor' || roleOf(to) === 'pg_auto_failover';
}

/** What a card says under the name. */
export function detailOf(node: Typed): string {
  const kind = kindOf(node.type);
  const role = kind?.fields.find((field) => field.name === 'role')?.options?.find(([value]) => value === roleOf(node))?.[1];
  if (node.type === 'odoo') return roleOf(node) === 'cron' ? 'Scheduled actions only' : node.data.workers === 0 ? 'threaded' : `${Number(node.data.workers ?? 2)} workers`;
  if (node.type === 'loadBalancer') return roleOf(node) === 'postgres' ? 'For PostgreSQL' : Array.isArray(node.data.hosts) && node.data.hosts.length > 0 ? String(node.data.hosts[0]) : 'HTTP';
  if (node.type === 's3') return typeof node.data.bucket === 'string' ? node.data.bucket : 'no bucket yet';
  return role ?? kind?.label ?? node.type;
}

/** Megabytes that a node asks of its server, as the rules reckon them. */
export function memoryOf(node: Typed): number {
  if (typeof node.data.memoryMb === 'number') return node.data.memoryMb;
  const workers = Number(node.data.workers ?? 2);
  return { odoo: workers === 0 ? 1024 : 768 + 325 * workers, postgres: 1024, s3: 0, loadBalancer: 128, filestore: 128, backup: 128, monitor: 128, pgbouncer: 64 }[node.type] ?? 256;
}
