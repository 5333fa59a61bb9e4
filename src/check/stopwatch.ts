/** Seconds per step, rounded to milliseconds. */
export interface Stopwatch {
  time<T>(step: string, act: () => Promise<T>): Promise<T>;
  readonly seconds: Readonly<Record<string, number>>;
  total(): number;
}

export function createStopwatch(): Stopwatch {
  const seconds: Record<string, number> = {};
  const start = performance.now();
  const since = (from: number): number => Math.round(performance.now() - from) / 1000;
  return {
    seconds,
    total: () => since(start),
    async time(step, act) {
      const from = performance.now();
      try {
        return await act();
      } finally {
        seconds[step] = Math.round(((seconds[step] ?? 0) + since(from)) * 1000) / 1000;
      }
    },
  };
}
