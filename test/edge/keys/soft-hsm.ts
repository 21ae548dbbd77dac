import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const isThere = (tool: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Why tests on a token cannot be run here; continuous integration installs what they need. */
export const softHsmSkipReason = (): string | false =>
  process.env['CI'] === 'true' || (existsSync(MODULE) && isThere('pkcs11-tool') && isThere('softhsm2-util'))
    ? false
    : 'needs `softhsm2` and `opensc` of Debian';

/** A token of SoftHSM in a folder of its own. Its configuration is read from the environment of this process. */
export function createSoftHsm() {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-hsm-'));
  mkdirSync(join(folder, 'tokens'));
  const config = join(folder, 'softhsm2.conf');
  writeFileSync(config, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`);
  process.env['SOFTHSM2_CONF'] = config;
  const pin = '246813';
  const labels = ['--label', 'ward', '--pin', pin, '--so-pin', '97531'];
  execFileSync('softhsm2-util', ['--init-token', '--free', ...labels], { stdio: 'ignore' });
  return {
    module: MODULE,
    token: 'ward',
    pin,
    folder,
    remove: () => {
      delete process.env['SOFTHSM2_CONF'];
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
