import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { environmentSchema } from '../../src/config/environment.ts';

/** Settings of a mongod that Daybook runs itself, which it does not do in a container. */
const notForContainers = new Set(['DAYBOOK_STORAGE', 'DAYBOOK_DATA_DIR', 'DAYBOOK_CACHE_DIR']);

describe('docker-compose.yml', () => {
  let compose: string;

  beforeAll(async () => {
    compose = await readFile('docker-compose.yml', 'utf8');
  });

  it('hands every setting of Daybook on to the API', () => {
    const names = Object.keys(environmentSchema.shape).filter((name) => name.startsWith('DAYBOOK_'));
    const wanted = names.filter((name) => !notForContainers.has(name) && name !== 'DAYBOOK_REBUILD_MONGODB_URI');
    const isHandedOn = (name: string): boolean =>
      compose.includes(`\n      ${name}:\n`) || compose.includes(`\n      ${name}: \${${name}:-`);
    expect(wanted.filter((name) => !isHandedOn(name))).toEqual([]);
    expect(compose).toContain('\n      LOG_LEVEL:\n');
  });

  it('has the API and its rebuilds use the database as users of their own', () => {
    expect(compose).toContain('\n      MONGODB_URI: mongodb://daybook-api:');
    expect(compose).toContain('\n      DAYBOOK_REBUILD_MONGODB_URI: mongodb://daybook-rebuild:');
  });

  it('has every caller asked who it is, for the API listens beyond its container', () => {
    expect(compose).toContain('\n      DAYBOOK_AUTH: ${DAYBOOK_AUTH:-required}\n');
  });

  it('publishes nothing but the API and the dashboard, and those on this machine only', () => {
    const published = compose.split('\n').filter((line) => /^ +- '?\S*:\d+'?$/.test(line) || line.includes('ports:'));
    expect(published.map((line) => line.trim())).toEqual([
      'ports:',
      "- '${API_HOST:-127.0.0.1}:${API_PORT:-3000}:3000'",
      'ports:',
      "- '127.0.0.1:${GRAFANA_PORT:-3001}:3000'",
    ]);
  });
});

describe('the Prometheus of docker-compose.yml', () => {
  it('asks with a key of its own, from a file that is mounted, read anew at every scrape, and never committed', async () => {
    const [compose, settings, ignored] = await Promise.all(
      ['docker-compose.yml', 'docker/monitoring/prometheus.yml', '.gitignore'].map((path) => readFile(path, 'utf8')),
    );
    // A path of its own settings is one beside them.
    expect(settings).toContain('    authorization:\n      type: Bearer\n      credentials_file: metrics-key\n');
    expect(compose).toContain('      - ./docker/monitoring:/etc/prometheus:ro\n');
    expect(ignored).toContain('\ndocker/monitoring/metrics-key\n');
  });
});

describe('the image of the API', () => {
  it('runs read-only, without capabilities, and never gets more rights', async () => {
    const compose = await readFile('docker-compose.yml', 'utf8');
    const [, shared = ''] = /^x-daybook: &daybook\n((?: {2}.*\n)+)/m.exec(compose) ?? [];
    expect(shared.split('\n').map((line) => line.trim())).toEqual(
      expect.arrayContaining(['read_only: true', 'cap_drop: [ALL]', "security_opt: ['no-new-privileges:true']"]),
    );
    const ofImage = compose.split(/^ {2}(?=\w+:$)/m).filter((service) => /dist\/|dockerfile/.test(service));
    for (const service of ofImage) expect(service).toContain('<<: *daybook');
  });

  it('does not run as root, says when it is ready, and gets its signals itself', async () => {
    const dockerfile = await readFile('docker/Dockerfile', 'utf8');
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK [^]*\/health\/ready/m);
    expect(dockerfile.trimEnd()).toMatch(/\nCMD \["node", "dist\/main\.js"\]$/);
  });
});
