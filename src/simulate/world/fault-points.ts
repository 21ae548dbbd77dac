import type { Millis } from '#base/time';
import type { FirmwareImage } from '#model/device/firmware';
import type { HandsetSettings } from '#model/device/handset/settings';
import type { Report, ThingValue } from '#model/thing/message';

/**
 * Where an adversary stands. A technique is handed the fault points of its position and no others; none of them leads out
 * of the simulated world.
 */
export type Position =
  | 'radio-range'
  | 'on-handset'
  | 'on-gateway'
  | 'network-path'
  | 'platform-account'
  | 'store-insider'
  | 'supply-chain';

/** Within reach of the body-area radio, with a software-defined radio. */
export interface RadioPoint {
  /** Hears every frame that a device transmits from now on. */
  listen(heard: (frame: Uint8Array) => void): void;
  /** Transmits a frame that every device in reach hears. */
  transmit(frame: Uint8Array): void;
  /** Reactive jamming: asked for each genuine frame; `true` destroys it for every receiver. The last call holds. */
  jam(destroys: ((frame: Uint8Array) => boolean) | undefined): void;
  /**
   * Holds back each genuine frame for the returned time (jam, record, retransmit). 0 passes it at once.
   */
  delay(by: ((frame: Uint8Array) => Millis) | undefined): void;
}

/** Malware on the handset: it stands between the radio and the controller, and may call what the user interface calls. */
export interface HandsetPoint {
  /** Replaces each reading before the controller sees it; `undefined` withholds it. */
  tamperReading(by: ((glucoseMgPerDl: number) => number | undefined) | undefined): void;
  readSettings(): HandsetSettings;
  changeSettings(change: Partial<HandsetSettings>): void;
  /** Adds an offset to the handset's clock. */
  shiftClock(by: Millis): void;
  silenceAlarms(silent: boolean): void;
  /** Asks for a bolus as the user interface would. */
  requestBolus(units: number): void;
}

/** Control of the gateway's software. Reports that a device sealed itself pass through it unreadable. */
export interface GatewayPoint {
  /** Replaces each report that the gateway seals on behalf of a device; `undefined` withholds it. */
  tamperReport(by: ((report: Report) => Report | undefined) | undefined): void;
  /** Whether to pass on bytes that devices sealed themselves, in either direction. */
  dropRelayed(drops: boolean): void;
  /** Seals and sends a report under the gateway's own key. */
  sendReport(report: Report): void;
}

export type Direction = 'to-platform' | 'to-gateway';

/** On the network path between gateway and platform. */
export interface NetworkPoint {
  intercept(by: ((bytes: Uint8Array, direction: Direction) => Interception) | undefined): void;
  inject(bytes: Uint8Array, direction: Direction): void;
}

export type Interception =
  | { readonly kind: 'pass' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'replace'; readonly bytes: Uint8Array }
  | { readonly kind: 'delay'; readonly by: Millis };

/** A stolen account of the platform, with the rights of its owner (a caregiver or a clinician of this patient). */
export interface AccountPoint {
  /** Requests a command through the platform's command path; the answer is what the account's owner would see. */
  requestCommand(request: {
    readonly thing: string;
    readonly action: string;
    readonly input: Readonly<Record<string, ThingValue>>;
  }): {
    readonly outcome: 'permitted' | 'refused';
  };
}

/** An administrator of the store, who also reaches the data keys. The Merkle tree's signed checkpoints are out of reach. */
export interface StorePoint {
  size(): number;
  /** Opens a record, changes its body, seals it again under the genuine data key and writes it over the old one. */
  rewrite(position: number, change: (body: Record<string, unknown>) => Record<string, unknown>): boolean;
  truncate(toSize: number): void;
}

/** Able to place an image where the pump takes its firmware from. */
export interface SupplyChainPoint {
  offerFirmware(image: FirmwareImage): void;
  /** A genuine, signed image, to be altered. */
  currentFirmware(): FirmwareImage;
}

export interface FaultPoints {
  readonly 'radio-range': RadioPoint;
  readonly 'on-handset': HandsetPoint;
  readonly 'on-gateway': GatewayPoint;
  readonly 'network-path': NetworkPoint;
  readonly 'platform-account': AccountPoint;
  readonly 'store-insider': StorePoint;
  readonly 'supply-chain': SupplyChainPoint;
}
