import { useEffect, useState } from "preact/hooks";

/** Rows of the first paint: about two screens. */
const FIRST = 60;
/** Rows added at a time, few enough that no step is felt. */
const STEP = 120;

/**
 * How many of `total` rows to draw now: a screenful at once, then more after every paint until all are there. Long
 * tables are so usable at once, and complete a moment later, for the browser's own search too.
 */
export function useGrowing(total: number): number {
  const [count, setCount] = useState(FIRST);
  useEffect(() => {
    if (count >= total) return;
    const timer = setTimeout(() => setCount(count + STEP), 10);
    return () => clearTimeout(timer);
  }, [count, total]);
  return Math.min(count, total);
}
