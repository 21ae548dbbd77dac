import type { AccountId } from '#assure/access/account';

/** Who changes something, and by what right. */
export interface Actor {
  readonly id: AccountId;
  readonly credential: string;
  /** To be called when the change has its turn: others may have come before it. @throws Fault `access.refused` */
  requireStill(): void;
}

/** The program itself. */
export const COMPOSITION: Actor = { id: 'platform', credential: 'platform', requireStill: () => {} };
