import type { Clock } from '#base/time';
import type { TokenBuckets } from '#base/token-buckets';
import type { Access } from '#edge/access/access';
import type { Live } from '#edge/live/live';
import type { Gate } from './gate.ts';
import type { HeavyReads } from './heavy-reads.ts';
import type { HttpLimits } from './http-limits.ts';
import type { Revisions } from './revisions.ts';
import type { Feeds } from './streams/feeds.ts';
import type { CatalogModels } from './wot/catalog-models.ts';

/** What routes share. */
export interface RouteContext {
  readonly live: Live;
  readonly clock: Clock;
  readonly access: Access;
  readonly gate: Gate;
  readonly models: CatalogModels;
  readonly revisions: Revisions;
  readonly heavy: HeavyReads;
  /** How many commands each account may ask for. */
  readonly commandPace: TokenBuckets;
  readonly feeds: Feeds;
  readonly limits: HttpLimits;
}
