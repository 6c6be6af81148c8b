import { spawn } from 'node:child_process';

export type ScriptResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs one of the command line scripts, from the build that the global set-up made, as its user would. */
export const runScript = (
  name: 'replay' | 'rebuild' | 'import' | 'migrate' | 'load' | 'verify' | 'export' | 'restore' | 'keys',
  args: readonly string[],
  environment: Record<string, string>,
): Promise<ScriptResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`dist/cli/${name}.js`, ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
