import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isThere, reasonToSkip } from '../../external-programs.ts';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';

/** Why tests on a token cannot be run here, or false; it throws under continuous integration. */
export function softHsmSkipReason(): string | false {
  const there = existsSync(MODULE) && isThere('pkcs11-tool') && isThere('softhsm2-util');
  return reasonToSkip(!there && 'needs `softhsm2` and `opensc` of Debian');
}

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
