import { POSTGRES, postgresSkipReason } from './engine.ts';
import { testStoreConformance } from './store-conformance.ts';

testStoreConformance(POSTGRES, await postgresSkipReason());
