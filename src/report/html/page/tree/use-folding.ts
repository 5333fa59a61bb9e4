import { useCallback, useState } from "preact/hooks";

/** What the reader has folded and unfolded, by path. */
export function useFolding(): {
  readonly folded: ReadonlyMap<string, boolean>;
  readonly fold: (path: string, open: boolean) => void;
} {
  const [folded, setFolded] = useState<ReadonlyMap<string, boolean>>(new Map());
  const fold = useCallback((path: string, open: boolean) => {
    setFolded((before) => new Map(before).set(path, open));
  }, []);
  return { folded, fold };
}
