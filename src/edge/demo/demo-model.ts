import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';

/**
 * The model of a twin, identified in the laboratory from five attack-free days of this ward and patient (`commissionWard`), in a
 * thread of its own: it takes a second or two in which the platform goes on.
 */
export async function identifyDemoModel(ward: string, patient: string): Promise<CommissionedModel> {
  const filename = fileURLToPath(new URL('./commission-worker.ts', import.meta.url));
  const pool = new Piscina({ filename, maxThreads: 1 });
  try {
    return (await pool.run({ ward, patient }, { name: 'commission' })) as CommissionedModel;
  } finally {
    await pool.destroy();
  }
}
