import type { Clock } from '#base/time';
import { DAY } from '#base/time';
import type { Live } from '../live/live.ts';
import { PUBLIC, replaceFile } from '../machine/durable-file.ts';
import { type CertificateAuthority, openCertificateAuthority } from '../pki/certificate-authority.ts';
import { createServerIdentity, type ServerIdentity } from '../pki/server-identity.ts';
import type { DataDirectory } from './data-directory.ts';
import type { ServeConfig } from './serve-config.ts';
import { serverNames } from './server-names.ts';

export interface Pki {
  readonly authority: CertificateAuthority;
  readonly identity: ServerIdentity;
}

/** The certificate authority, whose root goes to a file that devices and people pin, and the platform's own certificate. */
export async function openPki(
  { certificates, publicUrl, ...names }: ServeConfig,
  live: Live,
  data: DataDirectory,
  clock: Clock,
): Promise<Pki> {
  const authority = await openCertificateAuthority({
    secrets: {
      load: async (name) => live.secrets.find(name),
      keep: (name, secret) => live.secrets.keep(name, secret),
    },
    clock,
    ...(certificates?.deviceDays === undefined ? {} : { deviceLifetime: certificates.deviceDays * DAY }),
    ...(publicUrl === undefined ? {} : { publicOrigin: publicUrl }),
  });
  replaceFile(data.ca, authority.root, PUBLIC);
  return { authority, identity: await createServerIdentity({ authority, clock, ...serverNames(names) }) };
}
