/** IEC 60601-1-8, 6.1.2. */
export type AlarmPriority = 'high' | 'medium' | 'low' | 'none';

export interface Alarm {
  readonly condition: string;
  readonly priority: AlarmPriority;
}

const RANK: Readonly<Record<AlarmPriority, number>> = { none: 0, low: 1, medium: 2, high: 3 };

/** Whether `left` is to be signalled rather than `right`. */
export const outranks = (left: AlarmPriority, right: AlarmPriority): boolean => RANK[left] > RANK[right];
