import type { Rehearse } from '#assure/guard/rehearse';
export const rehearse: Rehearse = () => undefined;
