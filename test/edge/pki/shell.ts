import { execFile } from 'node:child_process';

export interface ShellResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line as a person would type it, in `directory`. Does not fail on an exit code. */
export function shell(
  directory: string,
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ShellResult> {
  return new Promise((resolve) => {
    const options = { cwd: directory, env: { ...process.env, ...env }, timeout: 20_000 };
    execFile('bash', ['-c', `set -o pipefail; ${command}`], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** The same where anything but success ends the test. */
export async function run(
  directory: string,
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await shell(directory, command, env);
  if (code !== 0) throw new Error(`${command}\nexit code ${code}\n${stdout}${stderr}`);
  return stdout;
}
