/** What a frame asks for or tells. The position in the list is the number on the wire. */
export const OPERATIONS = [
  'glucose-reading',
  'report',
  'set-temporary-basal',
  'bolus',
  'suspend',
  'resume',
  'set-basal-profile',
  'set-limits',
  'set-remote-enabled',
  'acknowledge',
  'wake-up',
  'platform-command',
  'platform-answer',
  'sealed-report',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Operations that one device asks of another: on the legacy link they carry the addressee's serial number. */
const REQUESTS: ReadonlySet<Operation> = new Set<Operation>([
  'set-temporary-basal',
  'bolus',
  'suspend',
  'resume',
  'set-basal-profile',
  'set-limits',
  'set-remote-enabled',
  'wake-up',
]);

export const isRequest = (operation: Operation): boolean => REQUESTS.has(operation);

/** Operations whose payload is sealed between a device and the platform. */
const SEALED: ReadonlySet<Operation> = new Set<Operation>(['platform-command', 'platform-answer', 'sealed-report']);

export const carriesSealed = (operation: Operation): boolean => SEALED.has(operation);

const NUMBERS: ReadonlyMap<Operation, number> = new Map(OPERATIONS.map((operation, index) => [operation, index]));

export const operationFromNumber = (value: number): Operation | undefined => OPERATIONS[value];

export const numberOfOperation = (operation: Operation): number => NUMBERS.get(operation) ?? 0;
