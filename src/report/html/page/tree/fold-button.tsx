interface FoldButtonProps {
  readonly name: string;
  /** Null: there is nothing to unfold, and only room is kept. */
  readonly open: boolean | null;
  readonly onFold: (open: boolean) => void;
}

/** The triangle in front of a row. */
export function FoldButton({ name, open, onFold }: FoldButtonProps) {
  if (open === null) return <span class="triangle" />;
  return (
    <button
      type="button"
      class="triangle"
      aria-expanded={open}
      aria-label={`${name}: what it holds`}
      onClick={() => onFold(!open)}
    >
      <span aria-hidden="true">{open ? "▾" : "▸"}</span>
    </button>
  );
}
