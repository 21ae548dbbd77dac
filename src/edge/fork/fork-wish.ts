import type { Minutes } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { BandCoverage } from '#mirror/twin/band-coverage';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { ForkOutcome } from '#simulate/fork/fork-outcome';
import type { ForkRequest } from '#simulate/fork/fork-request';

/** A fork as somebody asks for it; wards and defence sets are named. Plain data: it is handed to a thread. */
export interface ForkWish extends Omit<ForkRequest, 'defences' | 'ward' | 'laboratory'> {
  readonly defences: readonly string[];
  readonly ward: string;
}

/** What a thread answers. A fault is told as data: an error loses its code on the way. */
export type Worked<T> =
  | { readonly kind: 'done'; readonly value: T }
  | {
      readonly kind: 'fault';
      readonly code: string;
      readonly message: string;
      readonly data: Readonly<Record<string, unknown>>;
    };

export type ForkWorked = Worked<ForkOutcome | undefined>;
export type CommissionWorked = Worked<CommissionedModel>;
export type CommissionWish = readonly DeviceMessage[];

/** Readings of a period, to be held against what was forecast of them. */
export interface CoverageWish {
  readonly messages: readonly DeviceMessage[];
  readonly model: CommissionedModel;
  readonly horizonsMin: readonly Minutes[];
}
export type CoverageWorked = Worked<readonly BandCoverage[]>;
