/** Imports go one way: http, cli → application → domain. Each rule here is proved by tests/architecture. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-is-pure',
      comment: 'The domain imports nothing but itself: no library, no node: module.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    only('projections-know-the-domain', '^src/projections/', '^src/(projections|domain|application/ports)/'),
    only('application-knows-the-domain', '^src/application/', '^src/(application|projections|domain)/'),
    only('storage-implements-ports', '^src/storage/', '^src/(storage|application/ports|projections|domain)/'),
    only('the-committer-knows-the-application', '^src/committer/', '^src/(committer|application|domain)/'),
    only('the-journal-knows-the-ports', '^src/journal/', '^src/(journal|application/ports|domain)/'),
    only(
      'a-ledger-file-knows-no-storage',
      '^src/ledger-file/',
      '^src/(ledger-file|journal|application|projections|domain)/',
    ),
    only('tokens-know-the-application', '^src/tokens/', '^src/(tokens|application|domain)/'),
    only('tracing-knows-the-application', '^src/tracing/', '^src/(tracing|config|application)/'),
    only('http-calls-the-application', '^src/http/', '^src/(http|application|journal|projections|domain)/'),
    {
      name: 'the-load-runner-is-a-client',
      comment: 'It knows the API and nothing behind it, so that what it finds right is right for every client.',
      severity: 'error',
      from: { path: '^src/(load/|cli/load)' },
      to: { path: '^src/', pathNot: '^src/(load/|cli/load|terminal\\.ts)' },
    },
    {
      name: 'the-load-runner-needs-no-database',
      severity: 'error',
      from: { path: '^src/(load/|cli/load)' },
      to: { path: 'node_modules/(mongoose|mongodb)/' },
    },
    {
      name: 'the-verifier-asks-nobody',
      comment: 'A proof is checked by the very functions that gave the answer, over memory: no setting, no database.',
      severity: 'error',
      from: { path: '^src/(proofs/|cli/verify-proof)' },
      to: {
        path: '^src/|node_modules/(mongoose|mongodb)/',
        pathNot:
          '^src/((proofs|journal|application|projections|domain|http|storage/memory)/|cli/verify-proof|terminal\\.ts)',
      },
    },
    {
      name: 'http-and-application-never-touch-the-database',
      severity: 'error',
      from: { path: '^src/(http|application|projections|committer|journal|ledger-file|tokens)/' },
      to: { path: 'node_modules/(mongoose|mongodb)/' },
    },
    {
      name: 'opentelemetry-is-loaded-on-demand',
      comment: 'One file knows it, which is imported where spans are wanted: a process that makes none never loads it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tracing/open-telemetry\\.ts$' },
      to: { path: '^src/tracing/open-telemetry\\.ts$|node_modules/@opentelemetry/', dynamic: false },
    },
    {
      name: 'the-two-storages-are-strangers',
      severity: 'error',
      from: { path: '^src/storage/(mongo|memory)/' },
      to: { path: '^src/storage/(mongo|memory)/', pathNot: '^src/storage/$1/' },
    },
    {
      name: 'nobody-imports-main',
      comment: 'Nor what a worker begins with: a process starts when they are imported.',
      severity: 'error',
      from: {},
      to: { path: '^src/(main|seal|worker)\\.ts$' },
    },
    {
      name: 'nobody-imports-scripts',
      comment: 'The scripts start things when they are imported.',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'production-needs-no-development-dependency',
      comment: 'The image of the API is installed without them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'every-import-resolves',
      comment: 'A rule about a path is no rule for an import that leads to none.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
