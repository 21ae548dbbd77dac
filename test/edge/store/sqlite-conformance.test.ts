import { SQLITE } from './engine.ts';
import { testStoreConformance } from './store-conformance.ts';

testStoreConformance(SQLITE, false);
