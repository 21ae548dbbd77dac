import { MESSAGE_LIMIT } from '#model/thing/envelope';

/** The name in the platform's certificate, as the broker's access list knows it. No thing can have it: of "_" there is none. */
export const PLATFORM_USER = 'wardtwin_platform';

export interface MosquittoFiles {
  readonly port: number;
  readonly address?: string;
  /** Roots of device certificates (the platform's `ca.pem`), and of the platform's own. */
  readonly clientRoots: string;
  /** What the broker shows. */
  readonly certificate: string;
  readonly key: string;
  readonly accessList: string;
  /** Where it keeps what waits for the platform. */
  readonly data: string;
}

/** A configuration for mosquitto 2 under which it lets devices and the platform do what the embedded broker lets them do. */
export const mosquittoConfig = (files: MosquittoFiles): string =>
  [
    `listener ${files.port}${files.address === undefined ? '' : ` ${files.address}`}`,
    `cafile ${files.clientRoots}`,
    `certfile ${files.certificate}`,
    `keyfile ${files.key}`,
    'tls_version tlsv1.3',
    'require_certificate true',
    'use_identity_as_username true',
    'allow_anonymous false',
    `acl_file ${files.accessList}`,
    'persistence true',
    `persistence_location ${files.data}/`,
    'autosave_interval 10',
    '# what waits while the platform is away; beyond it the broker drops',
    'max_queued_messages 100000',
    'max_inflight_messages 100',
    `message_size_limit ${MESSAGE_LIMIT}`,
    'max_keepalive 600',
    'retain_available false',
    '',
  ].join('\n');

/** Who may do what there: a device speaks on its own topic and hears its own, the platform the other way round. */
export const MOSQUITTO_ACCESS_LIST = [
  'pattern write wardtwin/v1/%u/up',
  'pattern read wardtwin/v1/%u/down',
  `user ${PLATFORM_USER}`,
  'topic read wardtwin/v1/+/up',
  'topic write wardtwin/v1/+/down',
  '',
].join('\n');
