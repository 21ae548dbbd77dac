/**
 * Zeros to compute with: an array of unboxed doubles, and it stays one. The vectors of the estimator are copied with every
 * reading, and copying a typed array costs a trip to the allocator that takes longer than the filter.
 */
export const doubles = (length: number): number[] => Array.from(new Float64Array(length));
